"""Passwords that commands are given: never as a word of the command line,
which everybody on the machine can read."""

from __future__ import annotations

import argparse
import getpass
import os
import pathlib
import sys

from concertim_api.osc.options import OneOf, Option

#: Where the password of a user comes from.
OPTIONS = OneOf(
    Option(
        "--password-prompt",
        action="store_true",
        help="Ask for the password, twice.",
    ),
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


def given(args: argparse.Namespace, user: str) -> str | None:
    """Return the password that was given, None if none was.

    Raises ValueError if there is none where it is said to be.
    """
    if args.password_prompt:
        return _asked(user)
    if args.password_file:
        return _read(args.password_file)
    if args.password_env:
        found = os.environ.get(args.password_env)
        if not found:
            raise ValueError(f"--password-env: {args.password_env} is empty")
        return found
    return None


def _asked(user: str) -> str:
    if not sys.stdin.isatty():
        raise ValueError("--password-prompt: nobody can be asked here")
    first = getpass.getpass(f"Password of {user}: ")
    if not first or getpass.getpass("Once more: ") != first:
        raise ValueError("the password is empty, or not the same twice")
    return first


def _read(path: str) -> str:
    try:
        if path == "-":
            text = sys.stdin.readline()
        else:
            text = pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        why = getattr(exc, "strerror", None) or "not UTF-8"
        raise ValueError(f"--password-file: {path}: {why}") from None
    found = text.rstrip("\r\n")
    if not found:
        raise ValueError(f"--password-file: {path}: empty")
    return found
