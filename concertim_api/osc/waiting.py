"""Waiting for a job or an operation, and saying how far it is."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator

from concertim_api.osc.cells import lasting
from concertim_api.osc.commands import Command, Item
from concertim_api.osc.options import Option

#: After so many seconds it is said that nobody has begun.
PATIENCE = 15.0

#: Seconds between two looks.
INTERVAL = 1.0

#: What to say if something stays for long in a state that should be short.
_LATE = {
    "asked": "nobody begins it: does concertim-agent run?",
    "accepted": "the cloud has taken it, and nothing is seen of it yet",
}


def options(what: str) -> tuple[Option, ...]:
    """Return whether to wait for a run, and how long."""
    return (
        Option(
            "--wait",
            action="store_true",
            help="Wait until it has finished, and show what it came to.",
        ),
        Option(
            "--timeout",
            type=_seconds,
            metavar="<seconds>",
            help=f"Wait no longer than that; the {what} itself goes on.",
        ),
    )


def check(args: argparse.Namespace) -> None:
    """Raise ValueError for a timeout of nothing."""
    if args.timeout and not args.wait:
        raise ValueError("--timeout: there is nothing to --wait for")


def _seconds(text: str) -> float:
    """Return a time to wait, as written in an option."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time to wait")
    return seconds


def finished(command: Command, asked: Item, timeout: float | None) -> Item:
    """Return a job once the run that was asked for has finished."""
    with _progress(command, asked["name"]) as told:
        job: Item = command.client.jobs.wait(
            asked, timeout=timeout, interval=INTERVAL, progress=told
        )
    return job


def done(command: Command, asked: Item, timeout: float | None) -> Item:
    """Return an operation once it is done, failed or unsure."""
    name = f"{asked['noun']} {asked['action']}"
    with _progress(command, name) as told:
        operation: Item = command.client.operations.wait(
            asked, timeout=timeout, interval=INTERVAL, progress=told
        )
    return operation


@contextlib.contextmanager
def _progress(command: Command, name: str) -> Iterator[Callable[[Item], None]]:
    """Yield what tells how far something is; people see it live."""
    if not command.app.stderr.isatty():
        yield _spoken(_Steps(name, command.note), command.note)
        return
    from rich import console, text

    screen = console.Console(file=command.app.stderr, highlight=False)
    steps = _Steps(name, screen.print)
    with screen.status(text.Text(name)) as status:

        def told(one: Item) -> None:
            steps.begun(one)
            status.update(text.Text(f"{steps.line}, {steps.lasting}"))

        yield told


def _spoken(
    steps: _Steps, say: Callable[[str], None]
) -> Callable[[Item], None]:
    def told(one: Item) -> None:
        if steps.begun(one):
            say(steps.line)

    return told


class _Steps:
    """The states of what is waited for, one after the other."""

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self._name = name
        self._say = say
        self._began = time.monotonic()
        self._patient = True
        self._state: str | None = None

    @property
    def line(self) -> str:
        return f"{self._name}: {self._state}"

    @property
    def lasting(self) -> str:
        return lasting(int(time.monotonic() - self._began))

    def begun(self, one: Item) -> bool:
        """Return whether this state is another one than that before."""
        before, self._state = self._state, one["state"]
        late = time.monotonic() - self._began >= PATIENCE
        if self._patient and late and self._state in _LATE:
            self._patient = False
            self._say(_LATE[self._state])
        return self._state not in (before, "waiting")
