"""openstack concertim, without another word."""

from __future__ import annotations

import argparse
import difflib
import inspect
import shutil
import textwrap
from collections.abc import Mapping
from importlib import metadata

from concertim_api.osc.commands import Command
from concertim_api.osc.options import Parameter

#: The group of the entry points that are our commands.
GROUP = "openstack.concertim.v1"


class ListCommands(Command):
    """List the commands of concertim: all, or those of one noun."""

    auth_required = False

    arguments = (
        Parameter(
            "words",
            nargs="*",
            metavar="<noun>",
            help="Only the commands that begin with these words.",
        ),
    )

    def take_action(self, args: argparse.Namespace) -> None:
        words = [word for word in args.words if word != "help"]
        beginning = "".join(f"{word} " for word in words)
        names = _points()
        chosen = [n for n in names if f"{n} ".startswith(beginning)]
        if not chosen:
            raise ValueError(_unknown(beginning.rstrip(), names))
        width = shutil.get_terminal_size().columns
        indent = " " * (max(map(len, chosen)) + 2)
        for name in chosen:
            line = textwrap.fill(
                _summary(names[name]),
                max(width, len(indent) + 20),
                initial_indent=name.ljust(len(indent)),
                subsequent_indent=indent,
            )
            self.app.stdout.write(f"{line}\n")
        self.note("openstack help concertim <command> has its options.")


def _points() -> Mapping[str, metadata.EntryPoint]:
    """Return the entry points of the commands, by name, sorted."""
    points = {
        point.name.removeprefix("concertim_").replace("_", " "): point
        for point in metadata.entry_points(group=GROUP)
        if point.name != "concertim"
    }
    return dict(sorted(points.items()))


def _summary(point: metadata.EntryPoint) -> str:
    text = inspect.getdoc(point.load()) or ""
    return " ".join(text.partition("\n\n")[0].split())


def _unknown(words: str, names: Mapping[str, object]) -> str:
    likely = difflib.get_close_matches(words, names)
    rest = f"; did you mean {' or '.join(likely)}?" if likely else ""
    return f"concertim {words} is not a command{rest}"
