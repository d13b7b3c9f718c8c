"""openstack concertim keypair ..."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import Column
from concertim_api.osc.commands import Command, Item, Listing, Showing

COLUMNS = (
    Column("name"),
    Column("fingerprint"),
    Column("type"),
    Column("region", long=True),
    Column("public_key", long=True),
)


class CreateKeyPair(Showing):
    """Hand in a public key, or have a key pair made.

    Without --public-key one is made, and its private key is shown: it is
    kept nowhere else, and can't be shown again.
    """

    columns = COLUMNS[:4]

    _printed = False

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "name", metavar="<name>", help="Name of the new key pair."
        )
        group = parser.add_mutually_exclusive_group()
        group.add_argument(
            "--public-key",
            metavar="<file>",
            help="The file of the public key to hand in.",
        )
        group.add_argument(
            "--private-key",
            metavar="<file>",
            help="A new file for the private key that is made, which nobody "
            "else can read; without it, the key is printed.",
        )
        parser.add_argument(
            "--type",
            choices=("ssh", "x509"),
            help="What it is for: ssh (default), or x509 for Windows.",
        )
        options.add_region(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.public_key:
            public_key = pathlib.Path(args.public_key).expanduser().read_text()
            return self.shown(args, self._made(args, public_key))
        if args.private_key:
            with _new_file(args.private_key) as file:
                made = self._made(args)
                os.write(file, _private(made).encode())
            return self.shown(args, made)
        self.app.stdout.write(_private(self._made(args)))
        self._printed = True
        return (), ()

    def _made(
        self, args: argparse.Namespace, public_key: str | None = None
    ) -> Item:
        made: Item = self.client.keypairs.create(
            args.name,
            type=args.type,
            public_key=public_key,
            region=args.region,
        )
        return made

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Sequence[Any],
    ) -> int:
        if self._printed:
            return 0
        return int(
            super().produce_output(parsed_args, column_names, data) or 0
        )


class ListKeyPair(Listing):
    """List your key pairs."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_region(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.client.keypairs.list(region=args.region))


class ShowKeyPair(Showing):
    """Show one of your key pairs."""

    columns = COLUMNS

    _public_key: str | None = None

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_name(parser)
        parser.add_argument(
            "--public-key",
            action="store_true",
            help="Print the public key, and nothing else.",
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        pair = self.client.keypairs.get(args.name, region=args.region)
        if args.public_key:
            self._public_key = pair["public_key"] or ""
            return (), ()
        return self.shown(args, pair)

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Sequence[Any],
    ) -> int:
        if self._public_key is not None:
            self.app.stdout.write(self._public_key.rstrip("\n") + "\n")
            return 0
        return int(
            super().produce_output(parsed_args, column_names, data) or 0
        )


class DeleteKeyPair(Command):
    """Delete key pairs of yours; servers keep the public ones."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_name(parser, nargs="+")
        return parser

    def take_action(self, args: argparse.Namespace) -> None:
        for name in args.name:
            self.client.keypairs.delete(name, region=args.region)


def _add_name(parser: argparse.ArgumentParser, **how: Any) -> None:
    parser.add_argument(
        "name", metavar="<name>", help="Name of a key pair.", **how
    )
    options.add_region(parser)


def _private(made: Item) -> str:
    """Return the private key, as a file of it is."""
    return str(made["private_key"] or "").rstrip("\n") + "\n"


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
