"""openstack concertim correction ..."""

from __future__ import annotations

import argparse
import json
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import moments, options
from concertim_api.osc.cells import Attributes, Column, Moment
from concertim_api.osc.commands import PagedListing, Showing

COLUMNS = (
    Column("id"),
    Column("action"),
    Column("kind"),
    Column("resource_id"),
    Column("start", Moment),
    Column("end", Moment),
    Column("author"),
    Column("reason"),
    Column("project", long=True),
    Column("project_id", long=True),
    Column("region", long=True),
    Column("name", long=True),
    Column("shape", Attributes, long=True),
    Column("reported_at", Moment, long=True),
)


class CreateCorrection(Showing):
    """Correct by hand what is known of a resource.

    Nothing is overwritten: the correction is one more observation, with
    your name and reason.
    """

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_resource(parser)
        parser.add_argument(
            "--action",
            required=True,
            choices=("add", "close", "rewrite"),
            help="add a period where there is none, close what runs at "
            "--start, or rewrite what is there from --start to --end.",
        )
        _add_window(parser)
        parser.add_argument(
            "--reason",
            required=True,
            metavar="<text>",
            help="Why: whoever audits this will read it.",
        )
        _add_attributes(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        project = args.project and self.projects.id_of(args.project)
        correction = self.client.corrections.create(
            action=args.action,
            start=args.start,
            end=args.end,
            reason=args.reason,
            project_id=project,
            name=args.name,
            shape=shape(args.shape) or None,
            **self._resource(args),
        )
        return self.shown(args, correction)

    def _resource(self, args: argparse.Namespace) -> dict[str, str | None]:
        """Return which resource; one to add may be unknown so far."""
        try:
            known = self.client.resources.find(
                args.resource, kind=args.kind, region=args.region
            )
        except errors.NotFound:
            if args.action != "add" or not args.kind:
                raise
            return {
                "resource_id": args.resource,
                "kind": args.kind,
                "region": args.region,
            }
        return {
            "resource_id": known["id"],
            "kind": known["kind"],
            "region": known["region"],
        }


class ListCorrection(PagedListing):
    """List corrections, the newest first."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_project(parser)
        for name in ("kind", "region", "author"):
            parser.add_argument(
                f"--{name}", metavar=f"<{name}>", help=f"Only this {name}."
            )
        options.add_resource_id(parser)
        options.add_page(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        corrections = self.client.corrections.list(
            kind=args.kind,
            region=args.region,
            author=args.author,
            resource_id=args.resource,
            project_id=args.project and self.projects.id_of(args.project),
            **options.page(args),
        )
        return self.paged(args, corrections)


class ShowCorrection(Showing):
    """Show a correction."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("id", metavar="<id>", help="Id of a correction.")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.client.corrections.get(args.id))


def attribute(text: str) -> tuple[str, Any]:
    """Return name and value of an attribute, as written in an option."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not of the form <name>=<value>"
        )
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def shape(attributes: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the attributes as a structure; dots lead into inner ones."""
    result: dict[str, Any] = {}
    for name, value in attributes:
        *outer, last = name.split(".")
        place = result
        for part in outer:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ValueError(f"--shape: {part} is a value already")
            place = inner
        place[last] = value
    return result


def _add_window(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--start",
        required=True,
        type=moments.moment_option,
        metavar="<time>",
        help=f"From this time on: {moments.FORMS} (UTC).",
    )
    parser.add_argument(
        "--end",
        type=moments.moment_option,
        metavar="<time>",
        help="Up to and not including this time; without it, up to now, and "
        "on until the cloud says otherwise.",
    )


def _add_attributes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project",
        metavar="<project>",
        help="The project that it belonged to (name or id).",
    )
    parser.add_argument(
        "--name", metavar="<name>", help="The name of the resource."
    )
    parser.add_argument(
        "--shape",
        action="append",
        default=[],
        type=attribute,
        metavar="<name>=<value>",
        help="An attribute that it had, such as state=stopped, size_gb=20 or "
        "flavor.name=m1.small; may be repeated.",
    )
