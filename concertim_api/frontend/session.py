"""The Concertim app over HTTP: logged in, and with patience."""

from __future__ import annotations

import dataclasses as dc
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import orjson
import requests
from requests import auth, exceptions
from urllib3 import exceptions as causes

from concertim_api.http.session import (
    MAX_BYTES,
    TRANSIENT,
    Patience,
    TooLarge,
    Transient,
    guarded_session,
    retry_after,
)
from concertim_api.services.push.frontend import (
    FrontEndAway,
    FrontEndBroken,
    FrontEndMissing,
    FrontEndRefused,
    FrontEndUnsure,
)

_SIGN_IN = "/users/sign_in.json"

#: Characters of what the app, or a library, says of an error.
_MAX_TEXT = 300

#: An answer began to come, so the request was done.
_UNREADABLE = (
    exceptions.ChunkedEncodingError,
    exceptions.ContentDecodingError,
)

#: Words of refusals that mean that the app holds other things than we think.
_PUZZLES = ("taken", "occupied", "must exist")

#: We are not signed in. An app that takes us for a browser redirects us.
_SIGNED_OUT = (401, 302)


@dc.dataclass(frozen=True, slots=True)
class Options:
    """Where the app is, who we are, and how patient.

    ``verify``: the path of a CA, or True: those that the system trusts.
    Times in seconds.
    """

    url: str
    username: str
    password: str = dc.field(repr=False)
    verify: str | bool = True
    timeout: float = 30
    retries: int = 2
    retry_wait: float = 0.5
    retry_wait_max: float = 5
    connections: int = 4
    max_bytes: int = MAX_BYTES


class _Bearer(auth.AuthBase):
    """Our token, instead of what a .netrc has."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(
        self, request: requests.PreparedRequest
    ) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = self._token
        return request


class Session:
    """Requests to the app, in any thread.

    A request is repeated if there is no answer, or one that may pass. A
    creation is repeated only if it can't have been done.
    """

    def __init__(
        self, options: Options, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._options = options
        self._patience = Patience(
            options.retries, options.retry_wait, options.retry_wait_max, sleep
        )
        self._http = guarded_session(options.max_bytes, options.connections)
        self._http.headers["Accept"] = "application/json"
        # A cookie would let us in after the token was revoked.
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._lock = threading.Lock()
        self._token = ""

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Any:
        """Return what the app answers, as JSON.

        One request, and one more for each repetition or log-in. Raises
        FrontEndRefused and FrontEndAway, and FrontEndUnsure if a creation
        had no answer.
        """
        creates = method == "POST"
        attempts = self._patience.attempts(
            f"{method} {path}", lambda error: not (creates and error.is_sent)
        )
        try:
            return attempts(self._once, method, path, body)
        except Transient as exc:
            text = f"{method} {path}: {exc}"
            if exc.status == 500:
                raise FrontEndBroken(text, is_conflict=creates) from None
            if creates and exc.is_sent:
                raise FrontEndUnsure(text) from None
            raise FrontEndAway(text, is_sent=exc.is_sent) from None

    def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> Any:
        token = self._token or self._log_in("")
        response = self._send(method, path, body, token)
        if response.status_code in _SIGNED_OUT:
            token = self._log_in(token)
            response = self._send(method, path, body, token)
        if response.status_code == 401:
            raise FrontEndAway(
                "the front end does not accept the token it gave us"
            )
        return _read(method, path, response)

    def _log_in(self, spent: str) -> str:
        """Return another token than the spent one. Another thread may have
        got it meanwhile.

        What the app answers is told to nobody: it has the user's secrets.
        """
        with self._lock:
            if self._token != spent:
                return self._token
            user = {
                "login": self._options.username,
                "password": self._options.password,
            }
            response = self._send("POST", _SIGN_IN, {"user": user}, "")
            status = response.status_code
            if status in TRANSIENT:
                raise _transient(response, is_sent=False)
            if 300 <= status < 400:
                raise _redirection("POST", _SIGN_IN)
            if status not in (200, 201):
                raise FrontEndAway(
                    f"the front end refuses our login ({status}): see "
                    "[frontend] username and password"
                )
            self._token = response.headers.get("Authorization", "")
            if not self._token:
                raise FrontEndAway(
                    "the front end answered the login without a token"
                )
            return self._token

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        token: str,
    ) -> requests.Response:
        options, headers = self._options, {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return self._http.request(
                method,
                options.url + path,
                data=None if body is None else orjson.dumps(body),
                headers=headers,
                auth=_Bearer(token),
                timeout=options.timeout,
                verify=options.verify,
                allow_redirects=False,
            )
        except exceptions.SSLError as exc:
            raise FrontEndAway(
                f"no trust in the front end: {_short(exc)}"
            ) from None
        except exceptions.ConnectionError as exc:
            raise Transient(
                _reason(exc), is_sent=path != _SIGN_IN and _is_sent(exc)
            ) from None
        except exceptions.Timeout:
            raise Transient(
                f"no answer within [frontend] timeout, {options.timeout:g} s",
                is_sent=path != _SIGN_IN,
            ) from None
        except TooLarge:
            is_unsure = method == "POST" and path != _SIGN_IN
            error = FrontEndUnsure if is_unsure else FrontEndAway
            raise error(
                f"{method} {path}: its answer is longer than [frontend] "
                "max_answer_mb"
            ) from None
        except _UNREADABLE as exc:
            raise Transient(
                f"its answer can't be read: {_short(exc)}",
                is_sent=path != _SIGN_IN,
            ) from None
        except (exceptions.RequestException, OSError) as exc:
            raise FrontEndAway(f"{method} {path}: {_short(exc)}") from None


def _is_sent(exc: Exception) -> bool:
    """Whether a request may have arrived before its connection failed."""
    cause = exc.args[0] if exc.args else None
    if isinstance(cause, causes.MaxRetryError):
        cause = cause.reason
    unmade = (causes.NewConnectionError, causes.ConnectTimeoutError)
    return not isinstance(cause, unmade)


def _reason(exc: Exception) -> str:
    return (
        "the connection was lost" if _is_sent(exc) else "no connection to it"
    )


def _transient(response: requests.Response, *, is_sent: bool) -> Transient:
    status = response.status_code
    return Transient(
        f"it answers {status}{_complaint(response) if is_sent else ''}",
        is_sent=is_sent and status != 429,
        status=status,
        retry_after=retry_after(response),
    )


def _read(method: str, path: str, response: requests.Response) -> Any:
    """Return the JSON of an answer, or raise what it means."""
    status = response.status_code
    if status in TRANSIENT:
        raise _transient(response, is_sent=True)
    if status >= 400:
        raise _refusal(status, response)
    if status >= 300:
        raise _redirection(method, path)
    try:
        return orjson.loads(response.content or b"{}")
    except orjson.JSONDecodeError:
        text = f"{method} {path}: an answer that is no JSON"
        raise (FrontEndUnsure if method == "POST" else FrontEndAway)(
            text
        ) from None


def _redirection(method: str, path: str) -> FrontEndAway:
    return FrontEndAway(
        f"{method} {path}: it redirects us; see [frontend] url"
    )


def _refusal(status: int, response: requests.Response) -> FrontEndRefused:
    reason = _complaint(response).removeprefix(": ") or "no reason given"
    if status == 404 and _document(response) is not None:
        return FrontEndMissing("the front end does not have it")
    if status == 403:
        return FrontEndRefused(f"not allowed (403): {reason}")
    if status == 422:
        is_puzzle = any(word in reason.lower() for word in _PUZZLES)
        return FrontEndRefused(reason, is_conflict=is_puzzle)
    return FrontEndRefused(f"{reason} ({status})")


def _complaint(response: requests.Response) -> str:
    """Return what an error's document says, whatever its shape."""
    text = "; ".join(_texts(_document(response)))
    return f": {text[:_MAX_TEXT]}" if text else ""


def _document(response: requests.Response) -> Any:
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None


def _texts(document: Any, field: str = "") -> Iterator[str]:
    """Yield the texts of an error's document, each with its field."""
    if isinstance(document, str):
        yield f"{field}: {document}" if field else document
    elif isinstance(document, list):
        for element in document:
            yield from _texts(element, field)
    elif isinstance(document, Mapping):
        if "description" in document or "error" in document:
            reason = document.get("description") or document["error"]
            yield from _texts(reason, field)
            return
        for name, value in document.items():
            is_envelope = name in ("errors", "base")
            yield from _texts(value, field if is_envelope else name)


def _short(exc: Exception) -> str:
    return str(exc)[:_MAX_TEXT]
