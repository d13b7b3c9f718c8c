"""Options as commands declare them, and what they ask the API for."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, Protocol

from concertim_api.client import errors
from concertim_api.osc import moments
from concertim_api.osc.projects import Projects

Values = dict[str, Any]


class Caller(Protocol):
    """Whoever has a client: a command."""

    @property
    def client(self) -> Any: ...

    @property
    def projects(self) -> Projects: ...


class Option:
    """An option or a word of a command, as argparse takes it.

    The command itself heeds it: it asks the API for nothing.
    """

    def __init__(self, *names: str, **how: Any) -> None:
        self._names = names
        self._how = how

    def add(self, parser: Any) -> None:
        """Add it to a parser, or to a group of one."""
        parser.add_argument(*self._names, **self._how)

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        """Return the arguments of the request that it stands for."""
        return {}


class Parameter(Option):
    """An option that is an argument of the request: ``field``, or what it is
    called itself."""

    def __init__(
        self, *names: str, field: str | None = None, **how: Any
    ) -> None:
        super().__init__(*names, **how)
        name = names[0].lstrip("-").replace("-", "_")
        self._dest = how.get("dest", name)
        self._field = field or self._dest

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        return {self._field: getattr(args, self._dest)}


class Condition(Parameter):
    """A condition on a field of the things to list."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"--{name}",
            metavar=f"<{name}>[,...]",
            help=f"Only this {name}, or any of several.",
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        value = getattr(args, self._dest)
        return {self._field: any_of(value)} if value else {}


class Project(Parameter):
    """A project, by its name or id."""

    def __init__(self, help: str) -> None:
        super().__init__(
            "--project", field="project_id", metavar="<project>", help=help
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        project = args.project and caller.projects.id_of(args.project)
        return {self._field: project}


class InRack(Parameter):
    """The rack that a device is in, by its name or id."""

    def __init__(self, help: str) -> None:
        super().__init__(
            "--rack", field="rack_id", metavar="<rack>", help=help
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        if not args.rack:
            return {}
        at = vars(args).get("at")
        rack = caller.client.racks.find(args.rack, region=args.region, at=at)
        return {self._field: rack["id"]}


class Identified(Parameter):
    """A thing that the API wants the id of, by its name or id."""

    def __init__(self, noun: str, **how: Any) -> None:
        super().__init__(noun, field=f"{noun}_id", **how)
        self._nouns = f"{noun}s"

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        name_or_id = getattr(args, self._dest)
        manager = getattr(caller.client, self._nouns)
        return {self._field: id_of(manager, name_or_id, args.region)}


class Group(Option):
    """Options that belong together."""

    def __init__(self, *options: Option) -> None:
        super().__init__()
        self.options = options

    def add(self, parser: Any) -> None:
        for option in self.options:
            option.add(parser)

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        return merged(self.options, caller, args)


class OneOf(Group):
    """Options of which one at most may be there."""

    def add(self, parser: Any) -> None:
        super().add(parser.add_mutually_exclusive_group())


class Scope(OneOf):
    """Which projects to show: one, all, or that of the login."""

    def __init__(self) -> None:
        super().__init__(
            project("the one that you are logged in to"),
            Option(
                "--all-projects",
                action="store_true",
                help="All projects that you may see (admin).",
            ),
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        if args.all_projects:
            return {}
        if args.project:
            return super().values(caller, args)
        return {"project_id": caller.client.project_id or None}


class Window(Group):
    """The window of time to look at."""

    def __init__(self) -> None:
        super().__init__(
            Option(
                "--start",
                type=moments.moment_option,
                metavar="<time>",
                help=f"From this time on: {moments.FORMS} (UTC).",
            ),
            Option(
                "--end",
                type=moments.moment_option,
                metavar="<time>",
                help="Up to and not including this time; same forms.",
            ),
            Option(
                "--during",
                type=moments.span_option,
                metavar="<span>",
                help="A whole month (2026-11), a day (2026-11-21, yesterday), "
                "or the last of something (7d), instead of --start and --end.",
            ),
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        """Return start and end.

        Raises ValueError for a span that contradicts them, or has no length.
        """
        if args.during is None:
            return {"start": args.start, "end": args.end}
        if args.start or args.end:
            raise ValueError("--during already says start and end")
        start, end = args.during
        if start == end:
            raise ValueError("--during: a moment has no duration")
        return {"start": start, "end": end}


class Resource(Group):
    """The resource that is meant, wherever it is: the API gets its id, kind
    and region. One request, or two."""

    def __init__(self) -> None:
        super().__init__(*RESOURCE)

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        place = super().values(caller, args)
        resource = caller.client.resources.find(**place)
        return {
            "resource_id": resource["id"],
            "kind": resource["kind"],
            "region": resource["region"],
        }


def merged(
    options: Iterable[Option], caller: Caller, args: argparse.Namespace
) -> Values:
    """Return the arguments of the request that some options stand for."""
    values: Values = {}
    for option in options:
        values |= option.values(caller, args)
    return values


def id_of(manager: Any, name_or_id: str, region: str | None) -> str:
    """Return the id of a thing; one that the view does not show (yet, any
    more, or not to the caller), the API may know by it."""
    try:
        thing_id: str = manager.find(name_or_id, region=region)["id"]
    except errors.NotFound:
        return name_or_id
    return thing_id


def any_of(value: str) -> str:
    """Return the API's condition for a value, or any of several."""
    return f"in:{value}" if "," in value and ":" not in value else value


def count(text: str) -> int:
    """Return a number of things, 1 at least."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count")
    return int(text)


def project(otherwise: str = "all of them") -> Project:
    """Return which project to show."""
    return Project(f"Only this project (name or id); without it, {otherwise}.")


def at(meaning: str) -> Parameter:
    """Return the moment of the past to look at."""
    return Parameter(
        "--at",
        type=moments.moment_option,
        metavar="<time>",
        help=f"{meaning}: {moments.FORMS} (UTC).",
    )


def named(noun: str) -> tuple[Option, ...]:
    """Return which thing of a noun to show."""
    return Parameter(noun, field="name_or_id", **_words(noun)), _ITS_REGION


def identified(noun: str) -> tuple[Option, ...]:
    """Return which thing of a noun to do something with."""
    return Identified(noun, **_words(noun)), _ITS_REGION


def by_id(what: str) -> tuple[Option, ...]:
    """Return which thing to show, where things have no names."""
    field = "thing_id"
    return (
        Parameter("id", field=field, metavar="<id>", help=f"Id of {what}."),
    )


def conditions(*names: str) -> tuple[Option, ...]:
    """Return conditions on the fields of the things to list."""
    return tuple(map(Condition, names))


def only(*names: str) -> tuple[Option, ...]:
    """Return fields of the things to list, of which one value is asked."""
    return tuple(
        Parameter(f"--{name}", metavar=f"<{name}>", help=f"Only this {name}.")
        for name in names
    )


def state(failing: str, meaning: str) -> OneOf:
    """Return which states to show; in those that fail, a person may have to
    act."""
    return OneOf(
        Condition("state"),
        Option(
            "--failing",
            dest="state",
            action="store_const",
            const=failing,
            help=f"Only what needs a look: {meaning}.",
        ),
    )


def page(sort: str | None = None) -> tuple[Option, ...]:
    """Return how much to show, and in which order the API finds it."""
    order = Parameter(
        "--sort",
        metavar="<key>[:<direction>][,...]",
        help=f"Order of the whole list: {sort}; directions asc, desc.",
    )
    return (LIMIT, _MARKER, order) if sort else (LIMIT, _MARKER)


def _words(noun: str) -> dict[str, str]:
    return {
        "metavar": f"<{noun}>",
        "help": f"Id of a {noun}, or its name if no other has it.",
    }


#: How much to show.
LIMIT = Parameter(
    "--limit",
    type=count,
    metavar="<count>",
    help="Show at most so many; without it, all.",
)

_MARKER = Parameter(
    "--marker",
    metavar="<marker>",
    help="Go on where a list cut by --limit said that it goes on.",
)

_ITS_REGION = Parameter(
    "--region",
    metavar="<region>",
    help="Its region, if the rest is not clear.",
)

#: Which region to ask.
REGION = Parameter(
    "--region",
    metavar="<region>",
    help="The region to ask; needed only where there are several.",
)

#: Which kinds of resources to show.
WHICH = conditions("kind", "region", "state", "type")

#: Whether what has ended is of interest.
RUNNING = OneOf(
    Parameter(
        "--running",
        action="store_true",
        default=None,
        help="Only what runs.",
    ),
    Option(
        "--ended",
        dest="running",
        action="store_false",
        default=None,
        help="Only what has ended.",
    ),
)

#: The resource that a list is about.
RESOURCE_ID = Parameter(
    "--resource",
    field="resource_id",
    metavar="<id>",
    help="Only the resource with this id.",
)

#: Which resource to show.
RESOURCE = (
    Parameter(
        "resource",
        field="name_or_id",
        metavar="<resource>",
        help="Id of a resource, or its name if no other has it.",
    ),
    *(
        Parameter(
            f"--{name}",
            metavar=f"<{name}>",
            help=f"Its {name}, if the id alone is not clear.",
        )
        for name in ("kind", "region")
    ),
)
