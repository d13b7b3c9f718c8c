"""Passwords for commands: from a prompt, a file or a variable.

Never from the command line, which everybody on the machine can read.
"""

from __future__ import annotations

import argparse
import getpass
import os
import pathlib
import sys

from concertim_api.osc.options import Alternatives, Caller, Option, Values


class Password(Alternatives):
    """A password from one of three sources; ``user`` is an argument, too."""

    def __init__(self, user: str) -> None:
        self._user = user
        super().__init__(
            Option.flag("--password-prompt", "Ask for the password, twice."),
            Option(
                "--password-file",
                metavar="<file>",
                help="Read the password from a file; - is the standard input.",
            ),
            Option(
                "--password-env",
                metavar="<variable>",
                help="Take the password from a variable of the environment.",
            ),
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        """Return the password; None without a source.

        Raises ValueError if the source has none.
        """
        return {"password": _password(args, getattr(args, self._user))}


def _password(args: argparse.Namespace, user: str) -> str | None:
    if args.password_prompt:
        return _prompt(user)
    if args.password_file:
        return _read_file(args.password_file)
    if args.password_env:
        password = os.environ.get(args.password_env)
        if not password:
            raise ValueError(f"--password-env: {args.password_env} is empty")
        return password
    return None


def _prompt(user: str) -> str:
    if not sys.stdin.isatty():
        raise ValueError("--password-prompt: nobody can be asked here")
    first = getpass.getpass(f"Password of {user}: ")
    if not first or getpass.getpass("Once more: ") != first:
        raise ValueError("the password is empty, or not the same twice")
    return first


def _read_file(path: str) -> str:
    try:
        if path == "-":
            text = sys.stdin.readline()
        else:
            text = pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ValueError(f"--password-file: {path}: {reason}") from None
    password = text.rstrip("\r\n")
    if not password:
        raise ValueError(f"--password-file: {path}: empty")
    return password
