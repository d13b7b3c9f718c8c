"""concertim-status: is this deployment ready for this release?"""

from __future__ import annotations

import sys

from oslo_config import cfg
from oslo_upgradecheck import common_checks, upgradecheck
from oslo_upgradecheck.upgradecheck import Code, Result

from concertim_api import bootstrap
from concertim_api.domain.errors import ConcertimError
from concertim_api.listener import service

PROG = "concertim-status"


class Checks(upgradecheck.UpgradeCommands):
    """Each answers with success, a warning or a failure, and why."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__()
        self._conf = conf

    def _options(self) -> Result:
        try:
            bootstrap.services(self._conf)
            service.buses(self._conf)
        except ConcertimError as exc:
            return Result(Code.FAILURE, str(exc))
        return Result(Code.SUCCESS)

    def _database(self) -> Result:
        try:
            bootstrap.store(self._conf).check()
        except ConcertimError as exc:
            return Result(Code.FAILURE, str(exc))
        return Result(Code.SUCCESS)

    def _message_buses(self) -> Result:
        try:
            unreachable = service.check(self._conf)
        except ConcertimError as exc:
            return Result(Code.FAILURE, str(exc))
        if unreachable:
            return Result(Code.WARNING, "; ".join(unreachable))
        return Result(Code.SUCCESS)

    def _policy_file(self) -> Result:
        return common_checks.check_policy_json(self, self._conf)

    _upgrade_checks = (
        ("Options", _options),
        ("Database", _database),
        ("Message buses", _message_buses),
        ("Policy file", _policy_file),
    )


def main() -> int:
    """Return 0 if all is well, 1 for a warning, 2 for a failure."""
    conf = bootstrap.unread()
    code: int = upgradecheck.main(
        conf, bootstrap.PROJECT, Checks(conf), argv=sys.argv[1:]
    )
    return code
