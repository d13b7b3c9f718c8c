"""What the commands have in common."""

from __future__ import annotations

import argparse
import functools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from osc_lib.command import command

from concertim_api.osc.cells import Column
from concertim_api.osc.options import Option, merged
from concertim_api.osc.projects import Projects

Item = Mapping[str, Any]
Shown = tuple[list[str], Iterable[Any]]

LONG = Option(
    "--long", action="store_true", help="Show all columns in the table too."
)


class Command(command.Command):
    """A command that speaks with the concertim API.

    Its ``request`` is the method of the client that is called with what the
    ``arguments`` say: ``"racks.list"``.
    """

    arguments: ClassVar[Sequence[Option]] = ()
    request: ClassVar[str]

    failed = False

    @property
    def client(self) -> Any:
        manager: Any = self.app.client_manager
        return manager.concertim

    @functools.cached_property
    def projects(self) -> Projects:
        return Projects(self.app.client_manager)

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        for option in self.declared():
            option.add(parser)
        return parser

    def declared(self) -> Sequence[Option]:
        """Return all arguments, in the order of the help."""
        return self.arguments

    def take_action(self, args: argparse.Namespace) -> Any:
        self.send(args)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return 1 if what was asked for has failed."""
        return super().run(parsed_args) or int(self.failed)

    def values(self, args: argparse.Namespace) -> dict[str, Any]:
        """Return what the request is called with."""
        return merged(self.arguments, self, args)

    def send(self, args: argparse.Namespace, **more: Any) -> Any:
        """Send the request; return the answer.

        ``more`` goes before what the arguments say.
        """
        method = operator.attrgetter(self.request)(self.client)
        return method(**{**self.values(args), **more})

    def note(self, text: str) -> None:
        """Say something beside the output."""
        self.app.stderr.write(text + "\n")


class Listing(Command, command.Lister):
    """A list of things with known columns.

    Tables show the columns that fit; ``--long``, ``-c`` and the formats for
    programs have all of them.
    """

    columns: Sequence[Column] = ()

    def declared(self) -> Sequence[Option]:
        if any(column.long for column in self.columns):
            return LONG, *self.arguments
        return self.arguments

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.send(args))

    def shown(
        self,
        args: argparse.Namespace,
        items: Iterable[Item],
        columns: Sequence[Column] | None = None,
    ) -> Shown:
        """Return the names of the columns, and a row for each thing."""
        visible = _visible(columns or self.columns, args)
        names = [column.name for column in visible]
        if "project" in (args.columns or names):
            items = (_named(item, self.projects) for item in items)
        return names, (
            [column.of(item, args.formatter) for column in visible]
            for item in items
        )


class PagedListing(Listing):
    """A list that tells where it goes on, once its rows are shown."""

    _items: Any = None

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.paged(args, self.send(args))

    def paged(
        self,
        args: argparse.Namespace,
        items: Iterator[Item],
        each: Callable[[Item], Item] | None = None,
    ) -> Shown:
        self._items = items
        return self.shown(args, map(each, items) if each else items)

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        status = super().produce_output(parsed_args, column_names, data)
        if self._items.marker:
            self.note(f"There is more: --marker {self._items.marker}")
        return status


class Showing(Command, command.ShowOne):
    """One thing with known columns, unless something else was ``printed``
    instead of them."""

    columns: Sequence[Column] = ()

    printed = False

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.send(args))

    def shown(
        self,
        args: argparse.Namespace,
        item: Item,
        columns: Sequence[Column] | None = None,
    ) -> Shown:
        """Return the names of the fields, and their values."""
        shown = columns or self.columns
        names = [column.name for column in shown]
        if "project" in (args.columns or names):
            item = _named(item, self.projects)
        values = [column.of(item, args.formatter) for column in shown]
        return names, values

    def print(self, text: str) -> Shown:
        """Show a text, and nothing else."""
        self.app.stdout.write(text)
        self.printed = True
        return [], []

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Sequence[Any],
    ) -> int:
        if self.printed:
            return 0
        return int(
            super().produce_output(parsed_args, column_names, data) or 0
        )


def _visible(
    columns: Sequence[Column], args: argparse.Namespace
) -> list[Column]:
    all_of_them = (
        args.formatter != "table" or args.columns or getattr(args, "long", 0)
    )
    return [column for column in columns if all_of_them or not column.long]


def _named(item: Item, projects: Projects) -> Item:
    return {**item, "project": projects.name(item.get("project_id"))}
