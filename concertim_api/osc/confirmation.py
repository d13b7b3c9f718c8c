"""Confirmations: a person at a terminal is asked before something is deleted.

A script is not asked, as by the other commands of OpenStack.
"""

from __future__ import annotations

import argparse

from concertim_api.osc.commands import Command
from concertim_api.osc.options import Option

YES = Option.flag("--yes", "Do not ask. Without a terminal, no command asks.")


def is_needed(command: Command, args: argparse.Namespace) -> bool:
    """Whether somebody is at a terminal, and has not said yes before."""
    return not args.yes and command.app.stdin.isatty()


def confirm(command: Command, args: argparse.Namespace, question: str) -> None:
    """Ask if that is needed; raise ValueError if the answer is not yes."""
    if not is_needed(command, args):
        return
    command.note(f"{question} There is no way back. [y/N]")
    answer = command.app.stdin.readline()
    if answer.strip().lower() not in ("y", "yes"):
        raise ValueError("nothing was done")
