"""openstack concertim correction ..."""

from __future__ import annotations

import argparse
import json
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import moments, options
from concertim_api.osc.cells import Moment, named
from concertim_api.osc.commands import PagedListCommand, ShowCommand
from concertim_api.osc.options import Caller, Parameter, Values

COLUMNS = named(
    "id action kind resource_id start end author reason",
    long="project project_id region name shape reported_at",
    end=Moment,
)


def attribute(text: str) -> tuple[str, Any]:
    """Return the name and the value of an attribute in an option."""
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
    """Return the attributes as a structure; a dot in a name is a level."""
    result: dict[str, Any] = {}
    for name, value in attributes:
        *outer, last = name.split(".")
        level = result
        for part in outer:
            inner = level.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ValueError(f"--shape: {part} is a value already")
            level = inner
        level[last] = value
    return result


class _Resource(options.Resource):
    """The resource to correct; *add* takes one that is not known."""

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        try:
            return super().values(caller, args)
        except errors.NotFound:
            if args.action != "add" or not args.kind:
                raise
        return {
            "resource_id": args.resource,
            "kind": args.kind,
            "region": args.region,
        }


class _Shape(Parameter):
    """The attributes of a shape."""

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        return {"shape": shape(args.shape) or None}


class CreateCorrection(ShowCommand):
    """Correct the record of a resource by hand.

    Nothing is overwritten: the correction is one more observation, with
    your name and reason.
    """

    columns = COLUMNS
    request = "corrections.create"
    arguments = (
        _Resource(),
        Parameter(
            "--action",
            required=True,
            choices=("add", "close", "rewrite"),
            help="add a period where there is none, close the period that "
            "runs at --start, or rewrite the periods from --start to --end.",
        ),
        options.Time("--start", "From this time on", required=True),
        Parameter(
            "--end",
            type=moments.parse_moment,
            metavar="<time>",
            help="Up to and not including this time; without --end, up to "
            "now, and on until the cloud reports something else.",
        ),
        Parameter(
            "--reason",
            required=True,
            metavar="<text>",
            help="The reason; auditors will read it.",
        ),
        options.Project(
            "The project that the resource belonged to (name or id)."
        ),
        Parameter("--name", help="The name of the resource."),
        _Shape(
            "--shape",
            action="append",
            default=[],
            type=attribute,
            metavar="<name>=<value>",
            help="An attribute of the resource, such as state=stopped, "
            "size_gb=20 or flavor.name=m1.small; may be repeated.",
        ),
    )


class ListCorrection(PagedListCommand):
    """List corrections, the newest first."""

    columns = COLUMNS
    minor = "author end"
    request = "corrections.list"
    arguments = (
        options.project(),
        *options.equalities("kind", "region", "author"),
        options.RESOURCE_ID,
        *options.page(),
    )


class ShowCorrection(ShowCommand):
    """Show a correction."""

    columns = COLUMNS
    request = "corrections.find"
    arguments = options.beginning("a correction")
