"""The pages of the installation, as a reader follows them: block by block.

A block is executed, or it is listed here with the reason why not.
"""

from __future__ import annotations

import dataclasses as dc
import pathlib
import re

PLACE = pathlib.Path(__file__).parents[2] / "doc" / "source" / "install"

#: The file that most blocks belong into.
CONF = "/etc/concertim/concertim.conf"
CLOUDS = "~/.config/openstack/clouds.yaml"

#: Pages of other ways, and who tests them.
OTHER_WAYS = {
    "container": "no engine for containers; tests/functional/deploy",
    "devstack": "no DevStack; tests/functional/devstack",
}

#: Blocks of options that stand beside others, by page and first option. Each
#: is tried in a file of its own.
CHOICES = {
    "database: connection = postgresql": "MariaDB is walked",
    "listener: transport = north": "one region is walked",
    "listener: rabbit_quorum_queue": "the cloud's services have neither",
    "agent: clouds = north": "the section with the log-in is walked",
    "wsgi: enable_proxy_headers_parsing": "no proxy is walked",
}

_OTHERS = "an option of another service: tools/minicloud/conf has it"
_PROXY = "a choice: no proxy is walked; tests/integration/test_apache.py"
_SERVER = "a choice: Apache is walked; tests/integration/test_servers.py"

#: Blocks that nobody executes, by page and first line, and why.
LISTED = {
    "packages: # /opt/concertim/bin/pip install python-heatclient": (
        "a command of another service, which only people use"
    ),
    "services: [oslo_messaging_notifications]": _OTHERS,
    "services: [DEFAULT]": _OTHERS,
    'agent: "stacks:global_index": "role:admin"': _OTHERS,
    "wsgi: Define CONCERTIM_CERTIFICATE": "a choice: no TLS is walked",
    "wsgi: # a2enmod ssl": "a choice: no TLS is walked",
    "wsgi: # a2enmod headers proxy_http ssl": _PROXY,
    "wsgi: frontend concertim": _PROXY,
    "wsgi: location /concertim/ {": _PROXY,
    "wsgi: # apt-get install uwsgi-plugin-python3": _SERVER,
    "wsgi: # /opt/concertim/bin/pip install gunicorn": _SERVER,
    "wsgi: $ concertim-manage --config-file": "for developers",
    "systemd: # systemctl edit concertim-agent": "it begins an editor",
    "systemd: [Service]": "an example of what the editor is for",
}

_BLOCK = re.compile(
    r"^\.\. code-block:: (?P<language>\w+)\n"
    r"(?:   :caption: (?P<caption>.*)\n)?\n"
    r"(?P<text>(?:   .*\n|\n)+)",
    re.MULTILINE,
)


@dc.dataclass(frozen=True)
class Block:
    """``section``: the heading above it; ``caption``: its file."""

    page: str
    section: str
    language: str
    caption: str
    text: str

    def __str__(self):
        return f"{self.page}: {self.text.splitlines()[0]}"

    def entry(self, entries):
        """Return which of some entries is of this block, or None."""
        for entry in entries:
            page, _, words = entry.partition(": ")
            lines = self.text.splitlines()
            if page == self.page and any(x.startswith(words) for x in lines):
                return entry
        return None

    @property
    def commands(self):
        """The commands after a prompt, each with its further lines."""
        joined = self.text.replace("\\\n", " ")
        return [
            " ".join(line[2:].split())
            for line in joined.splitlines()
            if line[:2] in ("# ", "$ ")
        ]


def names():
    """Return the pages in the order of their tables of contents."""
    index = (PLACE / "index.rst").read_text()
    tables = re.findall(r"toctree::\n.*\n\n((?:   \w+\n)+)", index)
    return " ".join(tables).split()


def blocks(page):
    text = (PLACE / f"{page}.rst").read_text()
    found = []
    for match in _BLOCK.finditer(text):
        headings = re.findall(r"^(.+)\n-+$", text[: match.start()], re.M)
        found.append(
            Block(
                page,
                headings[-1] if headings else "",
                match["language"],
                match["caption"] or "",
                re.sub(r"^   ", "", match["text"], flags=re.M).strip("\n"),
            )
        )
    assert len(found) == text.count(".. code-block::"), page
    return found


def walk():
    """Return all blocks but those of other ways, in order."""
    return [
        block
        for page in names()
        if page not in OTHER_WAYS
        for block in blocks(page)
    ]


def is_executed(block):
    """Whether somebody knows how to execute it, and nothing speaks against
    that."""
    if block.entry(LISTED):
        return False
    known = {"ini": {CONF}, "yaml": {CLOUDS}}.get(block.language, {""})
    languages = ("console", "ini", "yaml", "mysql", "postgresql")
    return block.language in languages and block.caption in known
