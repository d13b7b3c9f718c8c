"""What a sync came to, kind by kind or in one line; and a push."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from concertim_api.client.jobs import SYNC
from concertim_api.osc.cells import Text, printable
from concertim_api.osc.commands import Item

#: What may become of a resource that a sync looks at, but nothing.
NEWS = ("new", "changed", "gone", "absent")

#: What may become of a thing that is pushed; and how often the front end was
#: asked for all that it holds.
PUSHED = (
    *("created", "updated", "replaced", "deleted", "unchanged"),
    *("failed", "waiting", "refused", "kept", "surveys"),
)


class Counts(Text):
    """So many of each."""

    def human_readable(self) -> str:
        return ", ".join(
            printable(f"{count} {name}")
            for name, count in (self._value or {}).items()
        )


class LeftOut(Text):
    """What was left out, and why."""

    def human_readable(self) -> str:
        return "\n".join(printable(_reason(one)) for one in self._value or ())


def placed(job: Item) -> Item:
    """Return a job with its region."""
    return {**job, "region": job["name"].removeprefix(SYNC)}


def in_vain(job: Item) -> bool:
    """Whether nothing was listed, or a kind was to no end: its listing
    failed or lacked too much."""
    return job["outcome"] == "failed" or any(
        told.get("error") or told.get("refused") for _, told in _reports(job)
    )


def by_kind(job: Item) -> Iterator[Item]:
    """Yield a row for each kind that a sync was about."""
    for kind, told in _reports(job):
        counts = dict.fromkeys(("listed", "refused", "unchanged", *NEWS), 0)
        row = {**counts, **told, "left_out": [*_left_out(kind, told)]}
        yield {**row, "kind": kind, "region": placed(job)["region"]}


def in_one(job: Item) -> Item:
    """Return a row that says what a sync came to."""
    reports = [*_reports(job)]
    sums = {
        name: sum(told.get(name, 0) for _, told in reports) for name in NEWS
    }
    return {
        **placed(job),
        "changes": {name: count for name, count in sums.items() if count},
        "left_out": [
            one for kind, told in reports for one in _left_out(kind, told)
        ],
        "refused": {
            kind: told["refused"]
            for kind, told in reports
            if told.get("refused")
        },
    }


def between(before: Item, after: Item) -> dict[str, int]:
    """Return what a continual job did between two looks at it.

    What it tells are totals since its agent began. If another one began
    meanwhile, they are all there is.
    """
    first, last = before["summary"] or {}, after["summary"] or {}
    if before["agent"] != after["agent"] or any(
        last.get(name, 0) < count for name, count in first.items()
    ):
        first = {}
    return {name: last.get(name, 0) - first.get(name, 0) for name in PUSHED}


def _reports(job: Item) -> Iterator[tuple[str, Item]]:
    """Yield each kind of a sync, and what is told of it."""
    for kind, told in (job.get("summary") or {}).items():
        if isinstance(told, Mapping):
            yield kind, told


def _left_out(kind: str, told: Item) -> Iterator[Item]:
    """Yield what was left out of a kind: all of it, some, or more."""
    if told.get("skipped"):
        yield {"kind": kind, "id": None, "reason": told["skipped"]}
    named = told.get("left_out") or ()
    for one in named:
        yield {"kind": kind, **one}
    more = told.get("left_out_count", 0) - len(named)
    if more > 0:
        yield {"kind": kind, "id": None, "reason": f"and {more} more"}


def _reason(one: Item) -> str:
    what = " ".join(word for word in (one.get("kind"), one["id"]) if word)
    return f"{what}: {one['reason']}"
