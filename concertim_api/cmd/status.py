"""concertim-status: is this deployment ready for this release?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck
from oslo_upgradecheck.upgradecheck import Code, Result

from concertim_api import bootstrap
from concertim_api import conf as options
from concertim_api.cmd import apache, policy_file
from concertim_api.domain.errors import (
    ConcertimError,
    Unasked,
    Unavailable,
    in_full,
)
from concertim_api.listener import service
from concertim_api.services.cloud.reading import Cloud, NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.jobs import jobs

PROG = "concertim-status"

#: Seconds that a cloud has to answer. The operator waits for it.
_PATIENCE = 10

#: group, option, and its maximum during a check.
_BOUNDS = (
    ("cloud", "timeout", _PATIENCE),
    ("cloud", "retries", 0),
    ("operations", "timeout", _PATIENCE),
)

#: The id of no project.
_NO_PROJECT = "0" * 32


class Checks(upgradecheck.UpgradeCommands):
    """Each returns success, or a warning or a failure with its reason."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__()
        self._conf = conf

    def _options(self) -> Result:
        try:
            bootstrap.check_agent(self._conf)
            service.buses(self._conf)
        except ConcertimError as exc:
            return Result(Code.FAILURE, in_full(exc))
        return Result(Code.SUCCESS)

    def _names(self) -> Result:
        """Warn of groups of options that have another name now."""
        return _warned(
            f"[{name}] is called [{options.RENAMED[name]}] now"
            for name in options.old_groups(self._conf)
        )

    def _applications(self) -> Result:
        return apache.check()

    def _database(self) -> Result:
        try:
            bootstrap.store(self._conf).check()
        except ConcertimError as exc:
            return Result(Code.FAILURE, in_full(exc))
        return Result(Code.SUCCESS)

    def _message_buses(self) -> Result:
        try:
            unreachable = service.check(self._conf)
        except ConcertimError as exc:
            return Result(Code.FAILURE, in_full(exc))
        return _warned(unreachable)

    def _queues(self) -> Result:
        try:
            doubts = service.doubts(self._conf)
        except ConcertimError as exc:
            return Result(Code.FAILURE, in_full(exc))
        return _warned(doubts)

    def _clouds(self) -> Result:
        """Ask each region once for the servers that changed since now."""
        return self._ask_regions(_reading_problem)

    def _teams(self) -> Result:
        """Ask each region what is left in a project that does not exist."""
        return self._ask_regions(_deletion_problem)

    def _ask_regions(self, check: Callable[[Region], str]) -> Result:
        """Check each region, and warn of its problems."""
        for group, option, maximum in _BOUNDS:
            value = min(self._conf[group][option], maximum)
            self._conf.set_override(option, value, group=group)
        try:
            regions = bootstrap.clouds(self._conf)
        except ConcertimError as exc:
            return Result(Code.FAILURE, in_full(exc))
        return _warned(filter(None, map(check, regions.values())))

    def _agent(self) -> Result:
        try:
            records = bootstrap.store(self._conf).jobs.jobs()
            regions = bootstrap.clouds(self._conf)
        except ConcertimError as exc:
            return Result(Code.FAILURE, in_full(exc))
        names = {record.name for record in records}
        if not names.issuperset(f"sync:{region}" for region in regions):
            return Result(Code.WARNING, "no agent syncs each of the regions")
        now = bootstrap.SystemClock().now()
        late = [
            record.name
            for record in records
            if jobs.is_overdue(record, now)
            and _region(record.name) in ("", *regions)
        ]
        if late:
            return Result(Code.WARNING, f"overdue: {', '.join(late)}")
        return Result(Code.SUCCESS)

    def _policy_file(self) -> Result:
        return policy_file.check(self, self._conf)

    _upgrade_checks = (
        ("Options", _options),
        ("Names of options", _names),
        ("Names of applications", _applications),
        ("Database", _database),
        ("Message buses", _message_buses),
        ("Queues", _queues),
        ("Clouds", _clouds),
        ("Deletion of teams", _teams),
        ("Agent", _agent),
        ("Policy file", _policy_file),
    )


def _warned(complaints: Iterable[str]) -> Result:
    """Return a warning with all complaints; success without any."""
    text = "; ".join(complaints)
    return Result(Code.WARNING, text) if text else Result(Code.SUCCESS)


def _deletion_problem(cloud: Region) -> str:
    """Return why no team can be deleted in a region; "" if one can."""
    try:
        cloud.actions().remains.of(_NO_PROJECT)
    except Unasked as exc:
        return f"no team can be deleted: {in_full(exc)}"
    return ""


def _reading_problem(cloud: Cloud) -> str:
    """Return why a region of a cloud does not answer; "" if it does."""
    try:
        next(iter(cloud.changes(bootstrap.SystemClock().now())), None)
    except (Unavailable, NotListed) as exc:
        return in_full(exc)
    return ""


def _region(job: str) -> str:
    """Return the region of a job; "" for all."""
    return job.partition(":")[2]


def main() -> int:
    """Return 0 if all is well, 1 for a warning, 2 for a failure."""
    conf = bootstrap.unread()
    code: int = upgradecheck.main(
        conf, bootstrap.PROJECT, Checks(conf), argv=sys.argv[1:]
    )
    return code
