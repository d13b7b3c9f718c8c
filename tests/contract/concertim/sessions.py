"""Who is signed in: tokens, each on a list."""

from __future__ import annotations

import uuid

from tests.contract.concertim import errors


class Sessions:
    """Signs users in. A token counts until it is off the list."""

    def __init__(self, model):
        self.model = model
        self._allowed = set()

    def sign_in(self, login, password):
        """Return a user. Raises Refused (401) unless it may sign in."""
        for user in self.model.users.values():
            if (user.login, user.password) == (login, password):
                return user
        raise errors.Refused(401, {"error": "Invalid Login or password."})

    def issue(self):
        """Return what a user sends as Authorization from now on."""
        authorization = f"Bearer {uuid.uuid4()}"
        self._allowed.add(authorization)
        return authorization

    def revoke(self):
        """Take all tokens off the list."""
        self._allowed.clear()

    def check(self, authorization):
        """Raise Refused (401) unless it is a token that counts."""
        if authorization not in self._allowed:
            raise errors.Refused(
                401,
                {"error": "You need to sign in or sign up before continuing."},
            )
