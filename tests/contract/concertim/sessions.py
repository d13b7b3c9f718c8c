"""Who is signed in: tokens of a day, each on a list."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

import orjson

from tests.contract.concertim import errors

_HEADER = {"alg": "HS256"}


def _pack(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _unpack(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sign(claims, secret):
    """Return a JSON web token."""
    parts = [_pack(orjson.dumps(part)) for part in (_HEADER, claims)]
    content = b".".join(parts)
    digest = hmac.digest(secret.encode(), content, hashlib.sha256)
    return (content + b"." + _pack(digest)).decode()


def read(token, secret):
    """Return the claims of a token, or nothing if it is not ours."""
    try:
        _, claims, _ = token.split(".")
        found = orjson.loads(_unpack(claims))
    except ValueError:
        return {}
    if not hmac.compare_digest(sign(found, secret).encode(), token.encode()):
        return {}
    return found


class Sessions:
    """Signs users in. A token counts until it is old, or off the list."""

    def __init__(self, model, clock, secret, lifetime):
        self.model, self.clock = model, clock
        self.secret, self.lifetime = secret, lifetime
        self._allowed = {}

    def sign_in(self, login, password):
        """Return a user. Raises Refused (401) unless it may sign in."""
        for user in self.model.users.values():
            known = (user.login, user.password) == (login, password)
            if known and not user.deleted_at:
                return user
        raise errors.Refused(401, {"error": "Invalid Login or password."})

    def issue(self, user):
        """Return a new token for a user."""
        now, jti = int(self.clock()), str(uuid.uuid4())
        self._allowed[jti] = user.id
        claims = {
            "sub": user.id,
            "scp": "user",
            "jti": jti,
            "iat": now,
            "exp": now + self.lifetime,
        }
        return sign(claims, self.secret)

    def revoke(self, user_id=None):
        """Take a user's tokens off the list, or all."""
        for jti, owner in list(self._allowed.items()):
            if user_id in (None, owner):
                self._allowed.pop(jti, None)

    def user(self, authorization):
        """Return whose token it is. Raises Refused (401)."""
        kind, _, token = (authorization or "").partition(" ")
        claims = read(token, self.secret) if kind == "Bearer" else {}
        owner = self._allowed.get(claims.get("jti"))
        if owner in self.model.users and self.clock() < claims["exp"]:
            return self.model.users[owner]
        raise errors.Refused(
            401,
            {"error": "You need to sign in or sign up before continuing."},
        )
