"""Names of projects: people read names, the API speaks of ids.

Names are a courtesy: where they can't be had, ids are shown.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

LOG = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Projects:
    """The names of projects, asked for when the first one is needed.

    The login knows one, Keystone those that are, and concertim those that
    were. Each source is asked once, and only if those before did not know.
    """

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._names: dict[str, str] = {}
        self._sources: list[Callable[[], dict[str, str]]] = [
            self._of_login,
            self._of_keystone,
            self._of_concertim,
        ]

    def name(self, project_id: str | None) -> str | None:
        """Return the name of a project, or its id."""
        if project_id is None:
            return None
        while project_id not in self._names and self._ask_next():
            pass
        return self._names.get(project_id, project_id)

    def id_of(self, name_or_id: str) -> str:
        """Return the id of a project; what nobody knows is taken for one.

        Raises ValueError if several projects have this name.
        """
        if _ID.fullmatch(name_or_id):
            return name_or_id
        while not (found := self._named(name_or_id)) and self._ask_next():
            pass
        if len(found) > 1:
            raise ValueError(
                f"several projects are named {name_or_id}: {', '.join(found)}"
            )
        if not found and name_or_id not in self._names:
            LOG.warning(
                "no project is known by the name %s: taking it for an id",
                name_or_id,
            )
        return found[0] if found else name_or_id

    def _named(self, name: str) -> list[str]:
        return [i for i, known in self._names.items() if known == name]

    def _ask_next(self) -> bool:
        """Ask the next source; return whether there was one to ask."""
        if not self._sources:
            return False
        source = self._sources.pop(0)
        try:
            told = source()
        except Exception as failure:  # a list without names is better
            LOG.debug("no names of projects: %s", failure)
            told = {}
        self._names = {**told, **self._names}
        return True

    def _of_login(self) -> dict[str, str]:
        login = self._manager.auth_ref
        if not login or not login.project_id:
            return {}
        return {login.project_id: login.project_name}

    def _of_keystone(self) -> dict[str, str]:
        if not self._manager.auth_ref:
            return {}
        found = self._manager.sdk_connection.identity.projects()
        return {project.id: project.name for project in found}

    def _of_concertim(self) -> dict[str, str]:
        found = self._manager.concertim.resources.list(kind="project")
        return {p["id"]: p["name"] for p in found if p["name"]}
