"""Logging in to the cloud in memory: ``services.cloud.logins.Logins``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from concertim_api.services.cloud.logins import LoggedIn, Password

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


class FakeLogins:
    """Everybody is let in, whatever the password is."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def login(self, given: Password) -> LoggedIn:
        """See ``services.cloud.logins``. No request."""
        users = self._cloud.things.get("user", {})
        asked, name = given.names.get("user_id"), given.names.get("username")
        user = next((u for u in users.values() if u["name"] == name), None)
        user_id = asked or (user["id"] if user else name) or "nobody"
        return LoggedIn(
            user_id=str(user_id),
            user_name=name,
            project_id=given.names.get("project_id"),
            credentials=None,
        )
