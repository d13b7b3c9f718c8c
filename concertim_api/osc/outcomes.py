"""The results of a sync, as rows for its kinds or as one; and of a push."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from concertim_api.client.jobs import SYNC
from concertim_api.osc.cells import Sentence, Text, escape
from concertim_api.osc.commands import Row

#: The counts of a sync that say that something is not as before.
NEWS = ("new", "changed", "gone", "absent")

#: The counts of a push: of things, and of the surveys of the front end.
PUSH_COUNTS = (
    *("created", "updated", "replaced", "deleted", "unchanged"),
    *("failed", "waiting", "refused", "kept", "surveys"),
)


class Counts(Text):
    """Counts, each with its name."""

    def human_readable(self) -> str:
        return ", ".join(
            escape(f"{count} {name}")
            for name, count in (self._value or {}).items()
        )


class Omissions(Sentence):
    """What a sync left out, and why: a line for each."""

    def human_readable(self) -> str:
        return "\n".join(escape(_sentence(row)) for row in self._value or ())


def with_region(job: Row) -> Row:
    """Return a job with the region of its name."""
    return {**job, "region": job["name"].removeprefix(SYNC)}


def is_incomplete(job: Row) -> bool:
    """Whether a sync failed, or a kind of it did, or lacked too much."""
    return job["outcome"] == "failed" or any(
        report.get("error") or report.get("refused")
        for _, report in _reports(job)
    )


def kind_rows(job: Row) -> Iterator[Row]:
    """Yield a row for each kind of a sync."""
    for kind, report in _reports(job):
        counts = dict.fromkeys(("listed", "refused", "unchanged", *NEWS), 0)
        row = {**counts, **report, "left_out": [*_omissions(kind, report)]}
        yield {**row, "kind": kind, "region": with_region(job)["region"]}


def summary_row(job: Row) -> Row:
    """Return one row for a sync."""
    reports = [*_reports(job)]
    sums = {
        name: sum(report.get(name, 0) for _, report in reports)
        for name in NEWS
    }
    return {
        **with_region(job),
        "changes": {name: count for name, count in sums.items() if count},
        "left_out": [
            omission
            for kind, report in reports
            for omission in _omissions(kind, report)
        ],
        "refused": {
            kind: report["refused"]
            for kind, report in reports
            if report.get("refused")
        },
    }


def difference(before: Row, after: Row) -> dict[str, int]:
    """Return the counts of a push between two answers about its job.

    The job has the totals since its agent began. If another agent began in
    between, the result is all of its totals.
    """
    first, last = before["summary"] or {}, after["summary"] or {}
    if before["agent"] != after["agent"] or any(
        last.get(name, 0) < count for name, count in first.items()
    ):
        first = {}
    return {
        name: last.get(name, 0) - first.get(name, 0) for name in PUSH_COUNTS
    }


def _reports(job: Row) -> Iterator[tuple[str, Row]]:
    """Yield each kind of a sync, and the report on it."""
    for kind, report in (job.get("summary") or {}).items():
        if isinstance(report, Mapping):
            yield kind, report


def _omissions(kind: str, report: Row) -> Iterator[Row]:
    """Yield what a sync left out of a kind: all, some, and a count of more."""
    if report.get("skipped"):
        yield {"kind": kind, "id": None, "reason": report["skipped"]}
    omissions = report.get("left_out") or ()
    for omission in omissions:
        yield {"kind": kind, **omission}
    more = report.get("left_out_count", 0) - len(omissions)
    if more > 0:
        yield {"kind": kind, "id": None, "reason": f"and {more} more"}


def _sentence(omission: Row) -> str:
    words = (omission.get("kind"), omission["id"])
    return f"{' '.join(filter(None, words))}: {omission['reason']}"
