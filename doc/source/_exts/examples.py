"""``.. example::`` runs a command, or asks the API, and shows the answer.

::

    .. example:: openstack concertim usage show --by project

    .. example:: POST /v1/corrections
       :code: 409

       {"action": "add", ...}

All of them meet the demo recording (see ``stage``). Each page begins with it
untouched, and so does what comes after ``.. scene::``.

``:code:`` is what must come of it: 0, or the status of HTTP, 200 by default.
``:version:`` is the microversion of a request, if it is not the first.
``:from:`` leaves out what comes before a line with these words, ``:head:``
shows only so many lines. A different outcome is an error, and so fails the
build.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_STAGE = pathlib.Path(__file__).with_name("stage.py")


class Stage:
    """The process that the examples run in; it begins with the first."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, **request: Any) -> dict[str, Any]:
        if self._process is None:
            root = str(_STAGE.parents[3])
            self._process = subprocess.Popen(
                [sys.executable, str(_STAGE)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONPATH": root},
            )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            return {"error": "the stage of the examples has ended"}
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self, *_: Any) -> None:
        if self._process is not None:
            self._process.communicate()


STAGE = Stage()


class Example(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "code": int,
        "head": int,
        "version": directives.unchanged_required,
        "from": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        line = " ".join(self.arguments[0].split())
        version = self.options.get("version")
        told = STAGE.ask(
            scene=self._scene(),
            line=line,
            body="\n".join(self.content),
            version=version,
        )
        if "error" in told:
            raise self.error(f"{line}: {told['error']}")
        is_request = line.partition(" ")[2].startswith("/")
        wanted = self.options.get("code", 200 if is_request else 0)
        if told["code"] != wanted:
            raise self.error(
                f"{line}: {told['code']}, not {wanted}:\n{told['text']}"
            )
        asked = told["line"] if is_request else f"$ {told['line']}"
        if version:
            asked += f"\nOpenStack-API-Version: concertim {version}"
        if told["body"]:
            asked += f"\n\n{told['body']}"
        blocks = [asked]
        if told["text"]:
            blocks.append(self._cut(told["text"]))
        if not is_request:
            blocks = ["\n".join(blocks)]
        return [nodes.literal_block(text, text) for text in blocks]

    def _scene(self) -> str:
        return f"{self.env.docname} {self.env.temp_data.get('scene', 0)}"

    def _cut(self, text: str) -> str:
        lines = text.splitlines()
        if "from" in self.options:
            words = self.options["from"]
            while lines and words not in lines[0]:
                del lines[0]
            if not lines:
                raise self.error(f"no line has {words!r}")
        most = self.options.get("head", len(lines))
        more = ["..."] if len(lines) > most else []
        return "\n".join(lines[:most] + more)


class Scene(SphinxDirective):
    """Lets the next example meet the recording untouched."""

    def run(self) -> list[nodes.Node]:
        before = self.env.temp_data.get("scene", 0)
        self.env.temp_data["scene"] = before + 1
        return []


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("example", Example)
    app.add_directive("scene", Scene)
    app.connect("build-finished", STAGE.close)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
