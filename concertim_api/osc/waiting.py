"""Waits for a job or an operation; they report its states."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from concertim_api.osc import freshness
from concertim_api.osc.cells import duration_text, short_duration
from concertim_api.osc.commands import Command, Row
from concertim_api.osc.options import Option

#: Seconds in a state of ``_LATE`` before its message is written.
PATIENCE = 15.0

#: Seconds between two requests.
INTERVAL = 1.0

#: state that should be short -> the message if it is long.
_LATE = {
    "asked": "nobody begins it: does concertim-agent run?",
    "accepted": "the cloud has taken it, and nothing is seen of it yet",
}


def options(noun: str) -> tuple[Option, ...]:
    """Return the options of a command that can wait."""
    return (
        Option.flag("--wait", "Wait for the end, and show the outcome."),
        Option(
            "--timeout",
            type=_seconds,
            metavar="<seconds>",
            help=f"Wait no longer than this; the {noun} itself goes on.",
        ),
    )


def check(args: argparse.Namespace) -> None:
    """Raise ValueError for a timeout without a wait."""
    if args.timeout and not args.wait:
        raise ValueError("--timeout: there is nothing to --wait for")


def _seconds(text: str) -> float:
    """Return the seconds that an option names."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time to wait")
    return seconds


def wait(command: Command, nouns: str, run: Row, timeout: float | None) -> Row:
    """Return a job or an operation as it is at its end; write that end.

    ``run`` is the answer of the API to the request that began it.
    """
    is_job, began = nouns == "jobs", time.monotonic()
    name = run["name"] if is_job else f"{run['noun']} {run['action']}"
    manager = getattr(command.client, nouns)
    with _progress(command, name, manager.final) as progress:
        row: Row = manager.wait(
            run, timeout=timeout, interval=INTERVAL, progress=progress
        )
    end = row["outcome"] if is_job else row["state"]
    seconds = row["duration"] if is_job else time.monotonic() - began
    command.note(f"{name}: {end}, in {short_duration(seconds or 0)}")
    return row


@contextlib.contextmanager
def _progress(
    command: Command, name: str, final: Collection[str]
) -> Iterator[Callable[[Row], None]]:
    """Yield a function that shows each answer; in a terminal, as a status."""
    if not command.app.stderr.isatty():
        yield _Progress(name, command.note, command.client, final).write
        return
    from rich import console, text

    screen = console.Console(file=command.app.stderr, highlight=False)
    states = _Progress(name, screen.print, command.client, final)
    with screen.status(text.Text(name)) as status:

        def update(row: Row) -> None:
            states.add(row)
            status.update(text.Text(f"{states.line}, {states.duration}"))

        yield update


class _Progress:
    """The states of a run, one after the other, before a ``final`` one."""

    def __init__(
        self,
        name: str,
        print_line: Callable[[str], None],
        client: Any,
        final: Collection[str],
    ) -> None:
        self._name = name
        self._final = final
        self._print_line = print_line
        self._client = client
        self._began = time.monotonic()
        self._is_patient = True
        self._state: str | None = None

    @property
    def line(self) -> str:
        return f"{self._name}: {self._state}"

    @property
    def duration(self) -> str:
        return duration_text(int(time.monotonic() - self._began))

    def add(self, row: Row) -> bool:
        """Return whether the state is a new one, and not the last."""
        before, self._state = self._state, row["state"]
        is_late = time.monotonic() - self._began >= PATIENCE
        if self._is_patient and is_late and self._state in _LATE:
            self._is_patient = False
            self._print_line(_LATE[self._state])
            if problem := freshness.problem(self._client):
                self._print_line(problem)
        return self._state not in (before, *self._final)

    def write(self, row: Row) -> None:
        """Print a line for each new state."""
        if self.add(row):
            self._print_line(self.line)
