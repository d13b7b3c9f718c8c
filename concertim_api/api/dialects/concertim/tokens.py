"""Tokens (JWT): a caller signs one with a configured secret."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from wsgiref.types import WSGIEnvironment

import jwt

from concertim_api.api.dialects.dialect import note_secret
from concertim_api.api.errors import Unauthorized
from concertim_api.domain.errors import Invalid

LOG = logging.getLogger(__name__)

_OPTION = "[concertim_dialect] jwt_secrets"

#: Bytes of a secret: fewer are refused; fewer than enough give a warning.
_LEAST, _ENOUGH = 16, 32

#: Characters of a token at most.
_LONGEST = 8192

#: The callers' tokens have exp, perhaps iat and jti, and nothing else.
_OPTIONS: Any = {
    "require": ["exp"],
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class Tokens:
    """Checks tokens. ``max_lifetime`` and ``leeway`` are in seconds.

    Raises Invalid, naming the option, without a secret, and for a secret
    that is too short.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        max_lifetime: int,
        leeway: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        if not secrets:
            raise Invalid(_OPTION, "not set; this dialect needs a secret")
        for secret in secrets:
            _check_secret(secret)
        self._secrets = tuple(secrets)
        self._max_lifetime = max_lifetime
        self._leeway = leeway
        self._now = now

    def check_request(self, environ: WSGIEnvironment) -> None:
        """Raise Unauthorized unless a request has a valid token.

        No answer will hold the token.
        """
        header = environ.get("HTTP_AUTHORIZATION", "")
        note_secret(environ, header.rpartition(" ")[2])
        self.check(header)

    def check(self, authorization: str) -> None:
        """Raise Unauthorized unless the header has a valid token."""
        scheme, _, token = authorization.strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("Authorization: Bearer and a token are needed.")
        if len(token) > _LONGEST:
            raise Unauthorized("Authorization: this is not a token.")
        claims = self._claims(token)
        lifetime = int(claims["exp"]) - self._now()
        if lifetime > self._max_lifetime + self._leeway:
            raise Unauthorized(
                "Authorization: the token lives longer than "
                f"{self._max_lifetime} s."
            )

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token. Raises Unauthorized."""
        reason = "is not signed with a secret that is known here"
        for secret in self._secrets:
            try:
                return jwt.decode(
                    token,
                    secret.encode(),
                    algorithms=["HS256"],
                    leeway=self._leeway,
                    options=_OPTIONS,
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.ExpiredSignatureError:
                reason = "has expired"
            except jwt.MissingRequiredClaimError:
                reason = "has no exp"
            except jwt.ImmatureSignatureError:
                reason = "is of the future"
            except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError):
                # The text of the error may have a part of the token.
                reason = "is no JWT by HS256"
            break
        raise Unauthorized(f"Authorization: the token {reason}.")


def _check_secret(secret: str) -> None:
    length = len(secret.encode())
    if length < _LEAST:
        raise Invalid(_OPTION, f"a secret has fewer than {_LEAST} bytes")
    try:
        jwt.encode({}, secret.encode(), algorithm="HS256")
    except jwt.PyJWTError:
        raise Invalid(_OPTION, "a secret is none for HS256") from None
    if length < _ENOUGH:
        LOG.warning(
            "%s: a secret has fewer than %d bytes: it may be guessed",
            _OPTION,
            _ENOUGH,
        )
