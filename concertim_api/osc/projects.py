"""Names of projects, for people: the API has their ids.

A project without a name is shown by its id. Of several with one name, each is
shown with the beginning of its id, too.
"""

from __future__ import annotations

import collections
import logging
import re
from collections.abc import Callable
from typing import Any

LOG = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Projects:
    """The names of projects, from three sources.

    The login has one name, Keystone those of its projects, and concertim
    those of deleted ones, too. Each source is read once at most, and only
    if the ones before it lack a name.
    """

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._names: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._counts: collections.Counter[str] = collections.Counter()
        self._sources: list[Callable[[], dict[str, str]]] = [
            self._login_names,
            self._keystone_names,
            self._concertim_names,
        ]

    def name(self, project_id: str | None) -> str | None:
        """Return the name of a project, or its id."""
        if project_id is None:
            return None
        while project_id not in self._names and self._read_next():
            pass
        name = self._names.get(project_id, project_id)
        if self._counts[name] > 1:
            name = f"{name} ({project_id[:8]})"
        # A table has one name of a project, whatever is read meanwhile.
        return self._shown.setdefault(project_id, name)

    def id_of(self, name_or_id: str) -> str:
        """Return the id of a project; an unknown name is taken for an id.

        Raises ValueError if several projects have this name.
        """
        if _ID.fullmatch(name_or_id):
            return name_or_id
        while not (ids := self._named(name_or_id)) and self._read_next():
            pass
        if len(ids) > 1:
            raise ValueError(
                f"several projects are named {name_or_id}: {', '.join(ids)}"
            )
        if not ids and name_or_id not in self._names:
            LOG.warning(
                "%s names no project, or none that you may see: taking it "
                "for an id",
                name_or_id,
            )
        return ids[0] if ids else name_or_id

    def _named(self, name: str) -> list[str]:
        return [id_ for id_, other in self._names.items() if other == name]

    def _read_next(self) -> bool:
        """Read the next source; return whether there was one."""
        if not self._sources:
            return False
        source = self._sources.pop(0)
        try:
            names = source()
        except Exception as error:  # a list without names is better than none
            LOG.debug("no names of projects: %s", error)
            names = {}
        self._names = {**names, **self._names}
        self._counts = collections.Counter(self._names.values())
        return True

    def _login_names(self) -> dict[str, str]:
        login = self._manager.auth_ref
        if not login or not login.project_id:
            return {}
        return {login.project_id: login.project_name}

    def _keystone_names(self) -> dict[str, str]:
        if not self._manager.auth_ref:
            return {}
        projects = self._manager.sdk_connection.identity.projects()
        return {project.id: project.name for project in projects}

    def _concertim_names(self) -> dict[str, str]:
        rows = self._manager.concertim.resources.list(kind="project")
        return {row["id"]: row["name"] for row in rows if row["name"]}
