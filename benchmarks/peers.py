"""Other APIs that answer with the same list, in the same processes as ours.

They ask Keystone's middleware about the token as ours does, with the same
options: what is compared is what comes after that. They have no database
behind them, nor any of our other middleware.
"""

from __future__ import annotations

import datetime
import functools
import pathlib
from typing import Any

import orjson
import pecan
import wsme.types
from keystonemiddleware import auth_token
from oslo_config import cfg
from wsmeext.pecan import wsexpose


class Json(wsme.types.UserType):
    """What WSME has no type for."""

    basetype, name = dict, "json"

    @staticmethod
    def validate(value: Any) -> Any:
        return value


class Period(wsme.types.Base):
    id = int
    region = wsme.types.text
    kind = wsme.types.text
    resource_id = wsme.types.text
    name = wsme.types.text
    project_id = wsme.types.text
    start = datetime.datetime
    end = datetime.datetime
    state = wsme.types.text
    type = wsme.types.text
    vcpus = int
    ram_mb = int
    disk_gb = int
    shape = wsme.types.wsattr(Json())


class PeriodList(wsme.types.Base):
    periods = [Period]


class Peers:
    """``bare``: Pecan and orjson, and nothing else; ``stock``: wsexpose."""

    def __init__(self, path: str) -> None:
        self._path = pathlib.Path(path)

    @functools.cached_property
    def _document(self) -> Any:
        return orjson.loads(self._path.read_bytes())

    @functools.cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return [_dated(row) for row in self._document["periods"]]

    @pecan.expose(content_type="application/json")
    def bare(self) -> bytes:
        return orjson.dumps(self._document)

    @wsexpose(PeriodList)
    def stock(self) -> PeriodList:
        return PeriodList(periods=[Period(**row) for row in self._rows])


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    times = {
        name: datetime.datetime.fromisoformat(row[name])
        for name in ("start", "end")
        if row[name]
    }
    return {name: row[name] for name in _FIELDS} | times


_FIELDS = [attribute.name for attribute in wsme.types.list_attributes(Period)]


def beside(application: Any, rows: str, settings: str) -> Any:
    """Return an application that hands /peers to them.

    ``settings`` is the configuration file of ours.
    """
    conf = cfg.ConfigOpts()
    conf([], project="peers", default_config_files=[settings])
    peers = auth_token.AuthProtocol(
        pecan.make_app(Peers(rows)),
        {"oslo_config_config": conf, "delay_auth_decision": False},
    )

    def dispatch(environ: dict[str, Any], start_response: Any) -> Any:
        name = environ.get("PATH_INFO", "").removeprefix("/peers")
        if name == environ.get("PATH_INFO", ""):
            return application(environ, start_response)
        return peers({**environ, "PATH_INFO": name}, start_response)

    return dispatch
