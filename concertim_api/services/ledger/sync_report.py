"""What a sync came to, kind by kind."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping, Sequence
from typing import Any

from concertim_api.services.cloud.reading import Omission
from concertim_api.services.jobs.job import Outcome
from concertim_api.services.ledger.recorder import ReconcileCounts

#: Of ``NotAllowed``, whatever was not allowed.
ROLE = (
    "the cloud does not allow our user to list what all projects have (403). "
    "Give it the role admin: concertim-manage keystone bootstrap --role admin"
)

#: Of what was left out of a kind, so many are told one by one.
TOLD = 20


@dc.dataclass(slots=True)
class KindReport:
    """What became of one kind.

    ``refused``: so many were missing, which is more than may be concluded
    to be absent at once. ``skipped``: why the kind was not listed at all,
    which is no fault. ``error``: why its listing did not come to its end.
    ``cause``: a sentence on it that other kinds share.
    """

    listed: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    absent: int = 0
    unchanged: int = 0
    refused: int = 0
    left_out: int = 0
    omissions: list[Omission] = dc.field(default_factory=list)
    skipped: str = ""
    error: str = ""
    cause: str = ""

    def count(self, outcome: ReconcileCounts) -> None:
        for field in dc.fields(ReconcileCounts):
            here = getattr(self, field.name)
            setattr(self, field.name, here + getattr(outcome, field.name))

    def leave_out(self, objects: Sequence[Omission]) -> None:
        self.left_out += len(objects)
        self.omissions += objects[: TOLD - len(self.omissions)]

    @property
    def whole(self) -> bool:
        return not (self.error or self.refused or self.left_out)

    def summary(self) -> dict[str, Any]:
        """Return what is not zero or empty, for JSON."""
        values = {
            field.name: getattr(self, field.name)
            for field in dc.fields(self)
            if field.name not in ("cause", "left_out", "omissions")
        }
        summary = {name: value for name, value in values.items() if value}
        if self.left_out:
            summary["left_out"] = [
                {"id": omission.id, "reason": omission.reason}
                for omission in self.omissions
            ]
            summary["left_out_count"] = self.left_out
        return summary


@dc.dataclass(slots=True)
class Report:
    """What a sync of a region came to."""

    region: str
    kinds: dict[str, KindReport] = dc.field(default_factory=dict)
    dry_run: bool = False

    def kind(self, name: str) -> KindReport:
        """Return the report of a kind, begun if need be."""
        return self.kinds.setdefault(name, KindReport())

    @property
    def outcome(self) -> str:
        """*done*; *partial*: some of it was not; *failed*: no kind was
        listed."""
        if all(report.whole for report in self.kinds.values()):
            return "done"
        if all(report.error for report in self.kinds.values()):
            return "failed"
        return "partial"

    @property
    def error(self) -> str:
        """The errors of all kinds, in one line; "": there are none."""
        return "; ".join(self.errors())

    def errors(self) -> list[str]:
        """Return the error of each kind. A cause that kinds share is one
        error; it names the kinds, unless it is that of all."""
        causes: dict[str, list[str]] = {}
        errors = []
        for name, report in self.kinds.items():
            if report.cause:
                causes.setdefault(report.cause, []).append(name)
            elif report.error:
                errors.append(f"{name}: {report.error}")
        return [*map(self._shared, causes, causes.values()), *errors]

    def _shared(self, cause: str, names: list[str]) -> str:
        if len(names) == len(self.kinds):
            return cause
        return f"{', '.join(names)}: {cause}"

    def summary(self) -> Mapping[str, Any]:
        """Return the summary of each kind, for JSON."""
        return {name: report.summary() for name, report in self.kinds.items()}

    def result(self) -> Outcome:
        return Outcome(self.outcome, self.summary(), self.error)
