"""concertim-status: is this deployment ready for this release?"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck
from oslo_upgradecheck.upgradecheck import Code, Result

from concertim_api import bootstrap
from concertim_api import conf as options
from concertim_api.cmd import apache, errors, policy_file
from concertim_api.conf.database import most_connections
from concertim_api.db import engine
from concertim_api.domain.errors import (
    ConcertimError,
    Unasked,
    Unavailable,
    in_full,
)
from concertim_api.keystone.token_cache import Memcached
from concertim_api.listener import service
from concertim_api.services.cloud.reading import Cloud, NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.monitoring import status
from concertim_api.services.monitoring.status import ServicePart

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


#: What a check has looked at, and what is wrong there.
Findings = tuple[str, Iterable[str]]


def _check(
    look: Callable[[Checks], Findings],
) -> Callable[[Checks], Result]:
    """Return a check: a warning with all complaints, if there are any.

    Otherwise it says what was looked at. An error of ours is a failure.
    """

    @functools.wraps(look)
    def check(checks: Checks) -> Result:
        try:
            place, complaints = look(checks)
            text = "; ".join(complaints)
        except (ConcertimError, cfg.Error) as exc:
            return Result(Code.FAILURE, in_full(exc))
        if text:
            return Result(Code.WARNING, text)
        return Result(Code.SUCCESS, place)

    return check


class Checks(upgradecheck.UpgradeCommands):
    """Each returns success, or a warning or a failure with its reason."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__()
        self._conf = conf

    @property
    def _files(self) -> str:
        return bootstrap.sources(self._conf)

    @_check
    def _options(self) -> Findings:
        bootstrap.check_agent(self._conf)
        service.buses(self._conf)
        if self._conf.config_file or self._conf.config_dir:
            return self._files, ()
        return "", [f"{self._files}: the defaults are used"]

    @_check
    def _names(self) -> Findings:
        return self._files, options.misnomers(self._conf)

    def _applications(self) -> Result:
        return apache.check()

    @_check
    def _database(self) -> Findings:
        store = bootstrap.store(self._conf)
        store.check()
        shortages = store.shortages(most_connections(self._conf))
        return engine.place(self._conf), shortages

    @_check
    def _message_buses(self) -> Findings:
        places = "; ".join(service.places(self._conf))
        return places, service.check(self._conf)

    @_check
    def _queues(self) -> Findings:
        queue = f"the queue {self._conf.listener.pool}"
        return queue, service.doubts(self._conf)

    @_check
    def _keystone(self) -> Findings:
        """Have Keystone let the API in, if callers come with its tokens; and
        ask the cache of tokens."""
        strategy = self._conf.api.auth_strategy
        if strategy != "keystone":
            return f"not asked: [api] auth_strategy is {strategy}", ()
        bootstrap.check_keystone(self._conf)
        silent = Memcached(self._conf).silent()
        text = f"memcached {status.cache_problem(silent)}"
        return "[keystone_authtoken]", [text] if silent else ()

    @_check
    def _clouds(self) -> Findings:
        """Ask each region once for the servers that changed since now."""
        regions = self._regions()
        return _names(regions), filter(
            None, map(_reading_problem, regions.values())
        )

    @_check
    def _teams(self) -> Findings:
        """Ask each region what is left in a project that does not exist."""
        regions = self._regions()
        return _names(regions), filter(
            None, map(_deletion_problem, regions.values())
        )

    def _regions(self) -> Mapping[str, Region]:
        """Return the regions, which have little time to answer."""
        for group, option, maximum in _BOUNDS:
            value = min(self._conf[group][option], maximum)
            self._conf.set_override(option, value, group=group)
        return bootstrap.clouds(self._conf)

    @_check
    def _listeners(self) -> Findings:
        """Read which listeners report, for each region that needs one."""
        heartbeats = bootstrap.store(self._conf).heartbeats.heartbeats()
        regions = {*service.buses(self._conf)}
        if not self._conf.listener.region_rules:  # else a bus is no region
            regions |= {*bootstrap.clouds(self._conf)}
        return _of_parts([*status.listeners(heartbeats, regions, _now())])

    @_check
    def _agent(self) -> Findings:
        """Read what agents report, but not of regions that are no more."""
        regions = bootstrap.clouds(self._conf)
        records = [
            record
            for record in bootstrap.store(self._conf).jobs.jobs()
            if _region(record.name) in ("", *regions)
        ]
        return _of_parts([*status.agents(records, regions, _now())])

    @_check
    def _billing(self) -> Findings:
        """Look for a tariff, and ask the billing system."""
        services = bootstrap.services(self._conf)
        billing = services.billing
        if not billing.is_owed:
            return "nobody owes anything", ()
        driver = f"[billing] driver is {self._conf.billing.driver}"
        prices = services.tariffs.prices()
        if billing.system is None and not prices.tariffs:
            return f"{driver}; there is no tariff: nothing has a price", ()
        faults = [] if billing.system is None else [*billing.system.faults()]
        tariff = prices.in_force(_now().date())
        if not tariff.rules:
            faults.append(
                f"{driver}, and no tariff is in force: nothing has a price "
                "(concertim-manage tariff load)"
            )
        return f"{driver}; the tariff {tariff.name} is in force", faults

    def _policy_file(self) -> Result:
        return policy_file.check(self, self._conf)

    _upgrade_checks = (
        ("Options", _options),
        ("Names of options", _names),
        ("Names of applications", _applications),
        ("Database", _database),
        ("Message buses", _message_buses),
        ("Queues", _queues),
        ("Keystone", _keystone),
        ("Clouds", _clouds),
        ("Deletion of teams", _teams),
        ("Listeners", _listeners),
        ("Agent", _agent),
        ("Billing", _billing),
        ("Policy file", _policy_file),
    )


def _names(regions: Mapping[str, Region]) -> str:
    """Return the regions that were looked at, for people."""
    return f"regions {', '.join(regions)}" if regions else "no cloud: no racks"


def _of_parts(parts: Sequence[ServicePart]) -> Findings:
    """Return the findings of parts, in the words of the status."""
    troubles = [str(part) for part in parts if part.is_in_trouble]
    return "; ".join(map(str, parts)), troubles


def _now() -> datetime:
    return bootstrap.SystemClock().now()


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
        next(iter(cloud.changes(_now())), None)
    except (Unavailable, NotListed) as exc:
        return in_full(exc)
    return ""


def _region(job: str) -> str:
    """Return the region of a job; "" for all."""
    return job.partition(":")[2]


def main() -> int:
    """Return 0 if all is well, 1 for a warning, 2 for a failure."""
    conf = bootstrap.unread()
    try:
        code: int = upgradecheck.main(
            conf,
            bootstrap.PROJECT,
            Checks(conf),
            argv=sys.argv[1:],
            default_config_files=bootstrap.files(),
        )
    except cfg.Error as exc:  # the configuration can't be read
        print(f"{PROG}: {errors.text(exc)}", file=sys.stderr)
        return int(Code.FAILURE)
    return code
