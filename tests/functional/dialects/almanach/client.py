"""The real python-almanachclient 0.0.6, and a month of its commands.

CONCERTIM_TEST_ALMANACH is the Python of an environment that has it.
"""

import json
import os
import subprocess

PYTHON = os.environ.get("CONCERTIM_TEST_ALMANACH")

#: Its program. Since cliff 2.9 nobody loads its commands: we do. What a
#: command returns, such as "Success", it takes for its exit status.
PROGRAM = """
import sys
from almanachclient.shell import AlmanachApp
app = AlmanachApp()
app.command_manager.load_commands(None)
result = app.run(sys.argv[1:])
if isinstance(result, str):
    print(result)
else:
    sys.exit(result)
"""


class Client:
    def __init__(self, url, token):
        self._options = ["--almanach-url", url, "--almanach-token", token]

    def run(self, *words):
        """Run a command; return what it prints."""
        done = subprocess.run(
            [PYTHON, "-c", PROGRAM, *self._options, *words],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ["PATH"]},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, *words):
        return json.loads(self.run(*words, "-f", "json"))


def flavors(client):
    rows = client.rows("list-instances", "p1", *WINDOW)
    return [row["Flavor"] for row in rows]


WINDOW = ("2016-01-01", "2016-02-01")


def run_every_command(client):
    assert client.run("version")[0].isdigit()
    assert client.run("endpoint").startswith("http://127.0.0.1")
    assert client.run("create-volume-type", "t1", "ssd") == "Success\n"
    assert client.rows("get-volume-type", "t1")
    assert len(client.rows("list-volume-types")) == 1
    client.run(
        *("create-volume", "p1", "v1", "t1", "data", "10"),
        *("--start", "2016-01-02"),
    )
    client.run(
        "attach-volume", "v1", "--date", "2016-01-03", "--attachment", "s1"
    )
    client.run("resize-volume", "v1", "20", "--date", "2016-01-04")
    client.run(
        "detach-volume", "v1", "--date", "2016-01-05", "--attachment", "s2"
    )
    assert len(client.rows("list-volumes", "p1", *WINDOW)) == 4
    image = json.dumps({"distro": "debian", "version": "12", "type": "linux"})
    client.run(
        *("create-instance", "p1", "s1", "web", "small", "2016-01-02"),
        *("--image-meta", image),
    )
    client.run("resize-instance", "s1", "big", "--date", "2016-01-03")
    assert flavors(client) == ["small", "big"]
    changed = client.rows("update", "instance", "s1", "--flavor", "huge")
    assert changed["Flavor"] == "huge"
    client.run("delete-instance", "s1", "--end", "2016-01-04")
    assert len(client.rows("get-entity", "s1")) == 2
    assert len(client.rows("list-entities", "p1", "2016-01-01")) == 6
    client.run("delete-volume-type", "t1")
