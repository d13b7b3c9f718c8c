"""Options that several commands share, and what they ask the API for."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import moments
from concertim_api.osc.projects import Projects


def add_scope(parser: argparse.ArgumentParser) -> None:
    """Add which projects to show."""
    group = parser.add_mutually_exclusive_group()
    add_project(group, "the one that you are logged in to")
    group.add_argument(
        "--all-projects",
        action="store_true",
        help="All projects that you may see (admin).",
    )


def add_project(parser: Any, otherwise: str = "all of them") -> None:
    """Add which project to show."""
    parser.add_argument(
        "--project",
        metavar="<project>",
        help=f"Only this project (name or id); without it, {otherwise}.",
    )


def add_window(parser: argparse.ArgumentParser) -> None:
    """Add the window of time to look at."""
    parser.add_argument(
        "--start",
        type=moments.moment_option,
        metavar="<time>",
        help=f"From this time on: {moments.FORMS} (UTC).",
    )
    parser.add_argument(
        "--end",
        type=moments.moment_option,
        metavar="<time>",
        help="Up to and not including this time; same forms.",
    )
    parser.add_argument(
        "--during",
        type=moments.span_option,
        metavar="<span>",
        help="A whole month (2026-11), a day (2026-11-21, yesterday), or "
        "the last of something (7d), instead of --start and --end.",
    )


def add_at(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Add the moment of the past to look at."""
    parser.add_argument(
        "--at",
        type=moments.moment_option,
        metavar="<time>",
        help=f"{meaning}: {moments.FORMS} (UTC).",
    )


def add_named(parser: argparse.ArgumentParser, noun: str) -> None:
    """Add which thing of a noun to show."""
    parser.add_argument(
        noun,
        metavar=f"<{noun}>",
        help=f"Id of a {noun}, or its name if no other has it.",
    )
    parser.add_argument(
        "--region",
        metavar="<region>",
        help="Its region, if the rest is not clear.",
    )


def add_region(parser: argparse.ArgumentParser) -> None:
    """Add which region to ask."""
    parser.add_argument(
        "--region",
        metavar="<region>",
        help="The region to ask; needed only where there are several.",
    )


def add_conditions(parser: Any, *names: str) -> None:
    """Add conditions on the fields of the things to list."""
    for name in names:
        parser.add_argument(
            f"--{name}",
            metavar=f"<{name}>[,...]",
            help=f"Only this {name}, or any of several.",
        )


def add_which(parser: argparse.ArgumentParser) -> None:
    """Add which kinds of resources to show."""
    add_conditions(parser, "kind", "region", "state", "type")


def add_running(parser: argparse.ArgumentParser) -> None:
    """Add whether what has ended is of interest."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--running",
        dest="running",
        action="store_true",
        default=None,
        help="Only what runs.",
    )
    group.add_argument(
        "--ended",
        dest="running",
        action="store_false",
        default=None,
        help="Only what has ended.",
    )


def add_page(parser: argparse.ArgumentParser, sort: str | None = None) -> None:
    """Add how much to show, and in which order the API finds it."""
    parser.add_argument(
        "--limit",
        type=count,
        metavar="<count>",
        help="Show at most so many; without it, all.",
    )
    parser.add_argument(
        "--marker",
        metavar="<marker>",
        help="Go on where a list cut by --limit said that it goes on.",
    )
    if sort:
        parser.add_argument(
            "--sort",
            metavar="<key>[:<direction>][,...]",
            help=f"Order of the whole list: {sort}; directions asc, desc.",
        )


def add_resource(parser: argparse.ArgumentParser) -> None:
    """Add which resource to show."""
    parser.add_argument(
        "resource",
        metavar="<resource>",
        help="Id of a resource, or its name if no other has it.",
    )
    for name in ("kind", "region"):
        parser.add_argument(
            f"--{name}",
            metavar=f"<{name}>",
            help=f"Its {name}, if the id alone is not clear.",
        )


def add_resource_id(parser: argparse.ArgumentParser) -> None:
    """Add the resource that a list is about."""
    parser.add_argument(
        "--resource", metavar="<id>", help="Only the resource with this id."
    )


def count(text: str) -> int:
    """Return a number of things, 1 at least."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count")
    return int(text)


def scope(
    client: Any, projects: Projects, args: argparse.Namespace
) -> dict[str, str]:
    """Return the condition on the project: none if all are asked for."""
    if args.all_projects:
        return {}
    if args.project:
        return {"project_id": projects.id_of(args.project)}
    own = client.project_id
    return {"project_id": own} if own else {}


def window(args: argparse.Namespace) -> dict[str, Any]:
    """Return start and end of the window that was asked for."""
    if args.during is None:
        return {"start": args.start, "end": args.end}
    if args.start or args.end:
        raise ValueError("--during already says start and end")
    start, end = args.during
    if start == end:
        raise ValueError("--during: a moment has no duration")
    return {"start": start, "end": end}


def which(args: argparse.Namespace) -> dict[str, str]:
    """Return the conditions on kind, region, state and type."""
    return conditions(args, "kind", "region", "state", "type")


def conditions(args: argparse.Namespace, *names: str) -> dict[str, str]:
    """Return the conditions that were asked for."""
    asked = {name: getattr(args, name) for name in names}
    return {name: any_of(value) for name, value in asked.items() if value}


def any_of(value: str) -> str:
    """Return the API's condition for a value, or any of several."""
    return f"in:{value}" if "," in value and ":" not in value else value


def page(args: argparse.Namespace) -> dict[str, Any]:
    """Return how much to fetch, and in which order."""
    return {
        name: getattr(args, name)
        for name in ("limit", "marker", "sort")
        if hasattr(args, name)
    }
