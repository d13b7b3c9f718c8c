"""The options of the commands, and the arguments of the request."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol, Self

from concertim_api.client import errors
from concertim_api.osc import moments
from concertim_api.osc.projects import Projects

Values = dict[str, Any]


class Caller(Protocol):
    """A command, as its options use it."""

    @property
    def client(self) -> Any: ...

    @property
    def projects(self) -> Projects: ...


class Option:
    """An option or a positional argument; the keywords are argparse's.

    It is for the command itself: no argument of the request comes of it.
    Its metavar is its name, if the keywords have no other.
    """

    def __init__(self, *names: str, **keywords: Any) -> None:
        if names and not keywords.keys() & {"action", "choices"}:
            keywords.setdefault("metavar", f"<{names[0].lstrip('-')}>")
        self._names = names
        self._keywords = keywords

    @classmethod
    def flag(cls, name: str, help: str, **keywords: Any) -> Self:
        """Return an option without a value: it is True or None."""
        keywords = {"action": "store_true", "default": None, **keywords}
        return cls(name, help=help, **keywords)

    def add(self, parser: Any) -> None:
        """Add it to a parser, or to a group of one."""
        parser.add_argument(*self._names, **self._keywords)

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        """Return the arguments of the request."""
        return {}


class Parameter(Option):
    """An option that is an argument of the request.

    ``field`` is the name of the argument; without it, that of the option.
    """

    def __init__(
        self, *names: str, field: str | None = None, **keywords: Any
    ) -> None:
        super().__init__(*names, **keywords)
        name = names[0].lstrip("-").replace("-", "_")
        self._dest = keywords.get("dest", name)
        self._field = field or self._dest

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        return {self._field: getattr(args, self._dest)}


class Time(Parameter):
    """A time; the help is its ``meaning``, and the forms of a time."""

    def __init__(self, name: str, meaning: str, **keywords: Any) -> None:
        keywords = {"type": moments.parse_moment, **keywords}
        help = f"{meaning}: {moments.FORMS} (UTC)."
        super().__init__(name, metavar="<time>", help=help, **keywords)


class Condition(Parameter):
    """A condition on a field of the rows; commas mean any of the values."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"--{name}",
            metavar=f"<{name}>[,...]",
            help=f"Only this {name}, or any of several.",
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        value = getattr(args, self._dest)
        return {self._field: condition(value)} if value else {}


class Project(Parameter):
    """A project, by its name or id."""

    def __init__(self, help: str) -> None:
        super().__init__("--project", field="project_id", help=help)

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        project = args.project and caller.projects.id_of(args.project)
        return {self._field: project}


class Rack(Parameter):
    """The rack of a device, by its name or id; one request, or two."""

    def __init__(self, help: str) -> None:
        super().__init__("--rack", field="rack_id", help=help)

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        if not args.rack:
            return {}
        at = vars(args).get("at")
        rack = caller.client.racks.find(args.rack, region=args.region, at=at)
        return {self._field: rack["id"]}


class Reference(Parameter):
    """A thing by its name or id: the argument is its id."""

    def __init__(self, noun: str, *, field: str, help: str) -> None:
        super().__init__(noun, field=field, help=help)
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
        return values_of(self.options, caller, args)


class Alternatives(Group):
    """Options that exclude each other."""

    def add(self, parser: Any) -> None:
        super().add(parser.add_mutually_exclusive_group())


class Scope(Alternatives):
    """The projects to show: one, all, or that of the login."""

    def __init__(self) -> None:
        super().__init__(
            project("the one that you are logged in to"),
            Option.flag(
                "--all-projects", "All projects that you may see (admin)."
            ),
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        if args.all_projects:
            return {}
        if args.project:
            return super().values(caller, args)
        return {"project_id": caller.client.project_id or None}


class Window(Group):
    """A window of time."""

    def __init__(self) -> None:
        super().__init__(
            Time("--start", "From this time on"),
            Parameter(
                "--end",
                type=moments.parse_moment,
                metavar="<time>",
                help="Up to and not including this time; same forms.",
            ),
            Option(
                "--during",
                type=moments.parse_span,
                metavar="<span>",
                help="A month (2026-11), a day (2026-11-21, yesterday) or "
                "the time up to now (7d), instead of --start and --end.",
            ),
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        """Return start and end.

        Raises ValueError for a span beside them, or one without length.
        """
        if args.during is None:
            return super().values(caller, args)
        if args.start or args.end:
            raise ValueError("--during already says start and end")
        start, end = args.during
        if start == end:
            raise ValueError("--during: a moment has no duration")
        return {"start": start, "end": end}


class Resource(Group):
    """A resource by its name or id: the arguments are its id, kind and
    region. One request, or two."""

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


def values_of(
    options: Iterable[Option], caller: Caller, args: argparse.Namespace
) -> Values:
    """Return the arguments of the request, of all options."""
    values: Values = {}
    for option in options:
        values |= option.values(caller, args)
    return values


def id_of(manager: Any, name_or_id: str, region: str | None) -> str:
    """Return the id of a thing; an unknown name is taken for an id.

    The view may not show it to the caller, or not yet, or no longer.
    """
    try:
        thing_id: str = manager.find(name_or_id, region=region)["id"]
    except errors.NotFound:
        return name_or_id
    return thing_id


def condition(value: str) -> str:
    """Return a condition of the API; commas mean any of the values."""
    return f"in:{value}" if "," in value and ":" not in value else value


def count(text: str) -> int:
    """Return a number that is 1 at least."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count")
    return int(text)


def project(default: str = "all") -> Project:
    """Return the option for one project of a list."""
    return Project(f"Only this project (name or id); without it, {default}.")


def name_or_id(noun: str) -> tuple[Option, ...]:
    """Return the arguments of a command that shows a thing."""
    help = _name_or_id(noun)
    return Parameter(noun, field="name_or_id", help=help), _REGION_HINT


def reference(noun: str, field: str = "thing_id") -> tuple[Option, ...]:
    """Return the arguments of a command that changes a thing."""
    help = _name_or_id(noun)
    return Reference(noun, field=field, help=help), _REGION_HINT


def id_only(thing: str) -> tuple[Option, ...]:
    """Return the argument for a thing that has no name."""
    return (Parameter("id", field="thing_id", help=f"Id of {thing}."),)


def beginning(thing: str) -> tuple[Option, ...]:
    """Return the argument for a thing that has no name, and a long id."""
    help = f"Id of {thing}; the first digits are enough for a new one."
    return (Parameter("id", field="beginning", help=help),)


def conditions(*names: str) -> tuple[Option, ...]:
    """Return conditions on some fields of the rows."""
    return tuple(map(Condition, names))


def equalities(*names: str) -> tuple[Option, ...]:
    """Return options for one value each of some fields of the rows."""
    return tuple(
        Parameter(f"--{name}", help=f"Only this {name}.") for name in names
    )


def state(failing: str, meaning: str) -> Alternatives:
    """Return the options for states; a person may act in ``failing`` ones."""
    return Alternatives(
        Condition("state"),
        Option(
            "--failing",
            dest="state",
            action="store_const",
            const=failing,
            help=f"Only what needs a look: {meaning}.",
        ),
    )


def either(
    field: str, *, yes: tuple[str, str], no: tuple[str, str]
) -> Alternatives:
    """Return two options, each with its help, for a field: True or False."""
    return Alternatives(
        Parameter.flag(*yes, dest=field),
        Option.flag(*no, dest=field, action="store_false"),
    )


def page(sort: str | None = None) -> tuple[Option, ...]:
    """Return the options for a part of a list, and for its order."""
    order = Parameter(
        "--sort",
        metavar="<key>[:<direction>][,...]",
        help=f"Order of the whole list: {sort}; directions asc, desc.",
    )
    return (LIMIT, _MARKER, order) if sort else (LIMIT, _MARKER)


def words_of(names: Collection[str]) -> Callable[[str], list[str]]:
    """Return what reads some of the names, with commas between."""

    def words(text: str) -> list[str]:
        for word in text.split(","):
            if word not in names:
                raise argparse.ArgumentTypeError(
                    f"{word!r} is not one of {', '.join(names)}"
                )
        return text.split(",")

    return words


def _name_or_id(noun: str) -> str:
    return f"Id of a {noun}, or its name if no other has it."


#: How many rows to show.
LIMIT = Parameter(
    "--limit",
    type=count,
    metavar="<count>",
    help="Show at most this many; without --limit, all.",
)

_MARKER = Parameter(
    "--marker",
    help="Go on after a list that --limit cut: its last line has the marker.",
)

_REGION_HINT = Parameter(
    "--region", help="Needed only if several regions have one of this name."
)

#: The region of the request.
REGION = Parameter(
    "--region", help="The region to ask; needed only where there are several."
)

#: The conditions on resources and periods.
FILTERS = conditions("kind", "region", "state", "type")

#: Those that run, or those that have ended.
RUNNING = either(
    "running",
    yes=("--running", "Only running ones."),
    no=("--ended", "Only ended ones."),
)

#: The rack of a list.
RACK_ID = Parameter(
    "--rack",
    field="rack_id",
    metavar="<id>",
    help="Only the rack with this id, and what is in it.",
)

#: The resource of a list.
RESOURCE_ID = Parameter(
    "--resource",
    field="resource_id",
    metavar="<id>",
    help="Only the resource with this id.",
)

#: The resource of a command.
RESOURCE = (
    Parameter("resource", field="name_or_id", help=_name_or_id("resource")),
    *(
        Parameter(
            f"--{name}", help=f"Needed only if several {name}s have this id."
        )
        for name in ("kind", "region")
    ),
)
