"""A root of its own for a test: this host's files, and nothing of ours.

Nothing is in /usr/local either. What is written goes to memory, and away with
the root, as its processes do. It reaches the services on the loopback.
"""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

#: What an earlier installation may have left on this host.
OURS = (
    *("/opt/concertim", "/etc/concertim", "/usr/src/concertim-api"),
    *("/var/lib/concertim", "/run/systemd", "/root/.profile"),
    "/root/.config/openstack",
)

#: Makes the root, and holds it until its input ends.
_HOLD = r"""
set -eu
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/above" "$1/work" "$1/root"
mount -t overlay overlay \
    -o "lowerdir=/,upperdir=$1/above,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs -o mode=755 tmpfs "$1/root/usr/local"
root=$1
shift
for path; do
    [ -e "$root$path" ] && continue
    mkdir -p "$root$path"
    mount --bind "$path" "$root$path"
done
echo made
read -r end
"""


class CleanRoot:
    """``shared``: folders that are seen in it, wherever they are mounted."""

    def __init__(self, folder, *shared):
        if os.getuid() != 0:
            fail = os.environ.get("CI") == "true"
            (pytest.fail if fail else pytest.skip)("only root can make a root")
        folder.mkdir()
        self._path = folder / "root"
        self._holder = subprocess.Popen(
            [
                *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
                *("bash", "-c", _HOLD, "hold"),
                *map(str, (folder, *shared)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout.readline() == b"made\n"
        pid = self._holder.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        (self._inside,) = children.read_text().split()
        self.output("rm", "-rf", *OURS)
        self.run("userdel concertim")

    def run(self, line, **variables):
        """Let a new log-in of root run a line of shell; return the process
        with its output, of both kinds."""
        return subprocess.run(
            self._command("bash", "-lc", line, **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )

    def output(self, *command, **how):
        """Return what a command prints. It must not fail."""
        return subprocess.run(
            self._command(*command),
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            timeout=60,
            **how,
        ).stdout

    def write(self, path, text, mode="0644"):
        """Write a file, anew."""
        self.output(
            "install", "-D", "-m", mode, "/dev/stdin", path, input=text
        )

    def add(self, path, text):
        """Add a block to a file, after a blank line; it keeps its mode."""
        line = f"cat >> {path}"
        self.output("bash", "-c", line, input=f"\n{text}\n")

    def read(self, path):
        return self.output("cat", path)

    def _command(self, *command, **variables):
        kept = {
            name: value
            for name, value in os.environ.items()
            if name.startswith("PIP_") or name.lower().endswith("_proxy")
        }
        environment = {"HOME": "/root", "TERM": "dumb", **kept, **variables}
        return [
            *("nsenter", "--target", self._inside, "--mount", "--pid"),
            *("chroot", str(self._path), "env", "-i"),
            *(f"{name}={value}" for name, value in environment.items()),
            *command,
        ]

    def close(self):
        """End all its processes."""
        self._holder.communicate(b"end\n", timeout=60)
