"""openstack concertim keypair ..."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
from collections.abc import Iterator
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import plain
from concertim_api.osc.commands import Command, Item, Listing, Showing
from concertim_api.osc.options import OneOf, Option, Parameter

COLUMNS = (
    *plain("name", "fingerprint", "type"),
    *plain("region", "public_key", long=True),
)

NAME = {"metavar": "<name>", "help": "Name of a key pair."}


class CreateKeyPair(Showing):
    """Hand in a public key, or have a key pair made.

    Without --public-key one is made, and its private key is shown: it is
    kept nowhere else, and can't be shown again.
    """

    columns = COLUMNS[:4]
    request = "keypairs.create"
    arguments = (
        Parameter("name", metavar="<name>", help="Name of the new key pair."),
        OneOf(
            Option(
                "--public-key",
                metavar="<file>",
                help="The file of the public key to hand in.",
            ),
            Option(
                "--private-key",
                metavar="<file>",
                help="A new file for the private key that is made, which "
                "nobody else can read; without it, the key is printed.",
            ),
        ),
        Parameter(
            "--type",
            choices=("ssh", "x509"),
            help="What it is for: ssh (default), or x509 for Windows.",
        ),
        options.REGION,
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.public_key:
            public_key = pathlib.Path(args.public_key).expanduser().read_text()
            return self.shown(args, self.send(args, public_key=public_key))
        if args.private_key:
            with _new_file(args.private_key) as file:
                pair = self.send(args)
                os.write(file, _private(pair).encode())
            return self.shown(args, pair)
        return self.print(_private(self.send(args)))


class ListKeyPair(Listing):
    """List your key pairs."""

    columns = COLUMNS
    request = "keypairs.list"
    arguments = (options.REGION,)


class ShowKeyPair(Showing):
    """Show one of your key pairs."""

    columns = COLUMNS
    request = "keypairs.get"
    arguments = (
        Parameter("name", field="thing_id", **NAME),
        options.REGION,
        Option(
            "--public-key",
            action="store_true",
            help="Print the public key, and nothing else.",
        ),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        pair = self.send(args)
        if args.public_key:
            return self.print((pair["public_key"] or "").rstrip("\n") + "\n")
        return self.shown(args, pair)


class DeleteKeyPair(Command):
    """Delete key pairs of yours; servers keep the public ones."""

    request = "keypairs.delete"
    arguments = (Parameter("name", nargs="+", **NAME), options.REGION)

    def take_action(self, args: argparse.Namespace) -> None:
        for name in args.name:
            self.send(args, name=name)


def _private(pair: Item) -> str:
    """Return the private key, as a file of it is."""
    return str(pair["private_key"] or "").rstrip("\n") + "\n"


@contextlib.contextmanager
def _new_file(name: str) -> Iterator[int]:
    """Open a new file that is for nobody else: before there is a key, for
    it would be lost if the file can't be written."""
    place = pathlib.Path(name).expanduser()
    file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield file
    except BaseException:
        place.unlink()
        raise
    finally:
        os.close(file)
