"""openstack concertim keypair ..."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
from collections.abc import Iterator
from typing import Any

from concertim_api.osc import confirmation, options
from concertim_api.osc.cells import named
from concertim_api.osc.commands import Command, ListCommand, Row, ShowCommand
from concertim_api.osc.options import Alternatives, Option, Parameter

COLUMNS = named("name fingerprint type", long="region public_key")

NAME = {"metavar": "<name>", "help": "Name of a key pair."}


class CreateKeypair(ShowCommand):
    """Make a key pair, or store a public key of yours.

    Without --public-key Nova makes a pair, and the command shows the private
    key: it is kept nowhere else, and can't be shown again.
    """

    columns = COLUMNS[:4]
    request = "keypairs.create"
    arguments = (
        Parameter("name", help="Name of the new key pair."),
        Alternatives(
            Option(
                "--public-key",
                metavar="<file>",
                help="The file of your public key.",
            ),
            Option(
                "--private-key",
                metavar="<file>",
                help="A new file for the private key, which nobody else can "
                "read; without --private-key, the key is printed.",
            ),
        ),
        Parameter(
            "--type",
            choices=("ssh", "x509"),
            help="The type of the pair: ssh (default), or x509 for Windows.",
        ),
        options.REGION,
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.public_key:
            public_key = pathlib.Path(args.public_key).expanduser().read_text()
            return self.output(args, self.send(args, public_key=public_key))
        if args.private_key:
            with _new_file(args.private_key) as file:
                keypair = self.send(args)
                os.write(file, _private(keypair).encode())
            return self.output(args, keypair)
        return self.print(_private(self.send(args)))


class ListKeypair(ListCommand):
    """List your key pairs."""

    columns = COLUMNS
    request = "keypairs.list"
    arguments = (options.REGION,)


class ShowKeypair(ShowCommand):
    """Show one of your key pairs."""

    columns = COLUMNS
    request = "keypairs.get"
    arguments = (
        Parameter("name", field="thing_id", **NAME),
        options.REGION,
        Option.flag("--public-key", "Print the public key, and nothing else."),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        keypair = self.send(args)
        if args.public_key:
            key = keypair["public_key"] or ""
            return self.print(key.rstrip("\n") + "\n")
        return self.output(args, keypair)


class DeleteKeypair(Command):
    """Delete your key pairs; servers keep the public keys."""

    request = "keypairs.delete"
    arguments = (
        Parameter("name", field="thing_id", nargs="+", **NAME),
        options.REGION,
        confirmation.YES,
    )

    def take_action(self, args: argparse.Namespace) -> None:
        names = ", ".join(args.name)
        confirmation.confirm(self, args, f"Delete the key pairs {names}?")
        for name in args.name:
            self.send(args, thing_id=name)


def _private(keypair: Row) -> str:
    """Return the private key as the content of a file."""
    return str(keypair["private_key"] or "").rstrip("\n") + "\n"


@contextlib.contextmanager
def _new_file(name: str) -> Iterator[int]:
    """Open a new file that nobody else can read; delete it after an error.

    The file exists before the key: without it, the key would be lost.
    """
    path = pathlib.Path(name).expanduser()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield file
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(file)
