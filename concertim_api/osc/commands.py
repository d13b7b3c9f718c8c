"""The base classes of the commands."""

from __future__ import annotations

import argparse
import functools
import operator
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from osc_lib.command import command

from concertim_api.client.errors import ClientError
from concertim_api.osc.cells import Column, escape
from concertim_api.osc.options import Option, values_of
from concertim_api.osc.projects import Projects

Row = Mapping[str, Any]
Output = tuple[list[str], Iterable[Any]]

#: Columns that are in the table of one row only if they have a value: a site
#: without billing never has one.
BILLING = frozenset({"billing_account_id", "cost", "credits", "order_id"})

#: The width of a table of one row in a file or a pipe.
WIDTH = 80

LONG = Option.flag(
    "--long", "Show all columns in the table, however wide the table is."
)


class Command(command.Command):
    """A command that sends one request to the concertim API.

    ``request`` names a method of the client: ``"racks.list"``. The values of
    the ``arguments`` are its keywords.
    """

    arguments: ClassVar[Sequence[Option]] = ()
    request: ClassVar[str]

    has_failed = False

    @property
    def client(self) -> Any:
        manager: Any = self.app.client_manager
        return manager.concertim

    @functools.cached_property
    def projects(self) -> Projects:
        return Projects(self.app.client_manager)

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        for option in self.all_arguments():
            option.add(parser)
        return parser

    def all_arguments(self) -> Sequence[Option]:
        """Return all arguments, in the order of the help."""
        return self.arguments

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.output(args, self.send(args))

    def output(self, args: argparse.Namespace, answer: Any) -> Any:
        """Return what cliff prints of an answer: nothing."""

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return the exit status: 1 if the command has failed.

        An error of the API may have the name that somebody chose.
        """
        try:
            return super().run(parsed_args) or int(self.has_failed)
        except ClientError as error:
            error.args = (escape(str(error)),)
            raise

    def values(self, args: argparse.Namespace) -> dict[str, Any]:
        """Return the keywords of the request."""
        return values_of(self.arguments, self, args)

    def send(self, args: argparse.Namespace, **values: Any) -> Any:
        """Send the request; return the answer.

        ``values`` replace those of the arguments.
        """
        method = operator.attrgetter(self.request)(self.client)
        return method(**{**self.values(args), **values})

    def width(self, args: argparse.Namespace) -> int | None:
        """Return the width of a table; None for a file or a pipe."""
        if args.max_width > 0:
            return int(args.max_width)
        has_terminal = self.app.stdout.isatty() or "COLUMNS" in os.environ
        if has_terminal or args.fit_width:
            return shutil.get_terminal_size().columns
        return None

    def note(self, text: str) -> None:
        """Write a line that is not part of the output."""
        self.app.stderr.write(escape(text, exempt="") + "\n")


class ListCommand(Command, command.Lister):
    """A command that shows a list; ``columns`` are those of its rows.

    A table fits in the terminal, and has the long columns only with
    ``--long`` or ``-c``; then, and for programs, nothing is left out. Without
    room, the ``minor`` columns are left out first.
    """

    columns: Sequence[Column] = ()
    minor: ClassVar[str] = ""
    nouns: ClassVar[str] = ""

    def all_arguments(self) -> Sequence[Option]:
        return LONG, *self.arguments

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        if parsed_args.formatter != "table":
            return super().produce_output(parsed_args, column_names, data)
        rows = [*data]
        status = super().produce_output(parsed_args, column_names, rows)
        if not rows:
            self.note(self.absence(parsed_args))
        return status

    def absence(self, args: argparse.Namespace) -> str:
        """Return what an empty list lacks or leaves out, in a sentence."""
        nouns = self.nouns or self.request.partition(".")[0]
        return f"No {nouns.replace('_', ' ')}."

    def output(
        self,
        args: argparse.Namespace,
        rows: Iterable[Row],
        columns: Sequence[Column] | None = None,
    ) -> Output:
        """Return the names of the columns, and the cells of each row."""
        columns = columns or self.columns
        is_whole = args.formatter != "table" or args.columns or args.long
        if not is_whole:
            columns = [column for column in columns if not column.long]
        names = [column.name for column in columns]
        if "project" in (args.columns or names):
            rows = (with_project(row, self.projects) for row in rows)
        cells = (
            [column.cell_of(row, args.formatter) for column in columns]
            for row in rows
        )
        width = None if is_whole else self.width(args)
        if width is None:
            return names, cells
        return self._fit(args, names, cells, width)

    def _fit(
        self,
        args: argparse.Namespace,
        names: list[str],
        rows: Iterable[list[Any]],
        width: int,
    ) -> Output:
        """Return what fits in a width."""
        from concertim_api.osc import tables
        from concertim_api.osc.drawing.paper import Paper

        encoding = self.app.stdout.encoding or "utf-8"
        return tables.fit(
            names,
            rows,
            Paper(width, 0, encoding),
            important=args.sort_columns,
            minor=self.minor.split(),
        )


class PagedListCommand(ListCommand):
    """A list with pages: it writes the marker of the next one at its end."""

    _rows: Any = None

    def send(self, args: argparse.Namespace, **values: Any) -> Any:
        self._rows = super().send(args, **values)
        return self._rows

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        status = super().produce_output(parsed_args, column_names, data)
        if self._rows.marker:
            self.note(f"There is more: --marker {self._rows.marker}")
        return status

    def absence(self, args: argparse.Namespace) -> str:
        text = super().absence(args)
        project_id = self.client.project_id
        is_wide = getattr(args, "all_projects", True) or args.project
        if is_wide or not project_id:
            return text
        name = self.projects.name(project_id)
        return (
            f"{text[:-1]} in the project {name}. --all-projects lists those "
            "of all projects that you may see."
        )


class ShowCommand(Command, command.ShowOne):
    """A command that shows one row, or prints a text instead."""

    columns: Sequence[Column] = ()

    is_printed = False

    def output(
        self,
        args: argparse.Namespace,
        row: Row,
        columns: Sequence[Column] | None = None,
    ) -> Output:
        """Return the names of the fields, and their values.

        A sentence in a table is folded between its words.
        """
        columns = columns or self.columns
        if args.formatter == "table" and not args.columns:
            columns = [
                column
                for column in columns
                if row.get(column.name) or column.name not in BILLING
            ]
        names = [column.name for column in columns]
        if "project" in (args.columns or names):
            row = with_project(row, self.projects)
        values = [column.cell_of(row, args.formatter) for column in columns]
        if args.formatter == "table":
            from concertim_api.osc import tables

            return names, tables.fold(names, values, self.width(args) or WIDTH)
        return names, values

    def print(self, text: str) -> Output:
        """Print a text; the row is not shown."""
        self.app.stdout.write(text)
        self.is_printed = True
        return [], []

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Sequence[Any],
    ) -> int:
        if self.is_printed:
            return 0
        return int(
            super().produce_output(parsed_args, column_names, data) or 0
        )


def with_project(row: Row, projects: Projects) -> Row:
    """Return a row with the name of its project."""
    return {**row, "project": projects.name(row.get("project_id"))}
