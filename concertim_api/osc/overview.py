"""openstack concertim, without another word."""

from __future__ import annotations

import argparse
import difflib
import inspect
import shutil
import textwrap
from collections.abc import Iterator, Mapping
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

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        plain_help = parser.format_help

        def with_commands() -> str:
            return "\n".join(
                (plain_help(), "commands:", *_lines(_points()), "")
            )

        # No epilog: what generates documentation takes that for markup.
        parser.format_help = with_commands  # type: ignore[method-assign]
        return parser

    def take_action(self, args: argparse.Namespace) -> None:
        words = [word for word in args.words if word != "help"]
        beginning = "".join(f"{word} " for word in words)
        points = _points()
        chosen = {
            name: point
            for name, point in points.items()
            if f"{name} ".startswith(beginning)
        }
        if not chosen:
            raise ValueError(_unknown(beginning.rstrip(), points))
        for line in _lines(chosen):
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


def _lines(points: Mapping[str, metadata.EntryPoint]) -> Iterator[str]:
    """Yield a line for each command, or more for a long sentence."""
    width = shutil.get_terminal_size().columns
    indent = " " * (max(map(len, points)) + 2)
    for name, point in points.items():
        yield textwrap.fill(
            _summary(point),
            max(width, len(indent) + 20),
            initial_indent=name.ljust(len(indent)),
            subsequent_indent=indent,
        )


def _summary(point: metadata.EntryPoint) -> str:
    text = inspect.getdoc(point.load()) or ""
    return " ".join(text.partition("\n\n")[0].split())


def _unknown(words: str, names: Mapping[str, object]) -> str:
    likely = difflib.get_close_matches(words, names)
    rest = f"; did you mean {' or '.join(likely)}?" if likely else ""
    return f"concertim {words} is not a command{rest}"
