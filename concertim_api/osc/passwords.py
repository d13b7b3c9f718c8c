"""Passwords for commands: from a prompt, a file or a variable.

Never from the command line, which everybody on the machine can read.
"""

from __future__ import annotations

import argparse
import getpass
import os
import pathlib
import sys

from concertim_api.osc.options import Alternatives, Option

#: The sources of a password.
OPTIONS = Alternatives(
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


def password(args: argparse.Namespace, user: str) -> str | None:
    """Return the password from its source; None without a source.

    Raises ValueError if the source has none.
    """
    if args.password_prompt:
        return _prompt(user)
    if args.password_file:
        return _read_file(args.password_file)
    if args.password_env:
        variable = os.environ.get(args.password_env)
        if not variable:
            raise ValueError(f"--password-env: {args.password_env} is empty")
        return variable
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
