"""The Concertim app over HTTP: logged in, and with patience."""

from __future__ import annotations

import dataclasses as dc
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import requests
import tenacity
from requests import adapters, auth, exceptions
from urllib3 import exceptions as causes

from concertim_api.services.push.frontend import (
    FrontEndAway,
    FrontEndBroken,
    FrontEndMissing,
    FrontEndRefused,
    FrontEndUnsure,
)

_SIGN_IN = "/users/sign_in.json"

#: Answers that may be others a moment later.
_PASSING = frozenset((429, 500, 502, 503, 504))

_LONGEST = 300

#: What refusals say when something is there, or is not, unlike we thought.
_PUZZLES = ("taken", "occupied", "must exist", "rack: blank")


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


class _Passing(Exception):
    """Perhaps it works a moment later. ``is_sent``: it may have been done."""

    def __init__(
        self, reason: str, *, is_sent: bool, status: int | None = None
    ) -> None:
        super().__init__(reason)
        self.is_sent = is_sent
        self.status = status


class _Bearer(auth.AuthBase):
    """A token of our own, whatever a .netrc says."""

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

    What can be repeated without harm is, if there was no answer or one that
    may pass. A creation is only if it can't have arrived.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._http = requests.Session()
        self._http.headers["Accept"] = "application/json"
        pool = adapters.HTTPAdapter(
            pool_connections=1, pool_maxsize=options.connections
        )
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, pool)
        self._lock = threading.Lock()
        self._token = ""

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Any:
        """Return what the app answers, as JSON.

        Raises FrontEndRefused and FrontEndAway, and FrontEndUnsure if a
        creation had no answer.
        """
        creates = method == "POST"
        try:
            for attempt in self._attempts(creates):
                with attempt:
                    return self._once(method, path, body)
        except _Passing as exc:
            told = f"{method} {path}: {exc}"
            if exc.status == 500:
                raise FrontEndBroken(told, is_conflict=creates) from None
            if creates and exc.is_sent:
                raise FrontEndUnsure(told) from None
            raise FrontEndAway(told, is_sent=exc.is_sent) from None
        raise AssertionError("an attempt returns or raises")

    def _attempts(self, creates: bool) -> tenacity.Retrying:
        options = self._options

        def may_repeat(exc: BaseException) -> bool:
            return isinstance(exc, _Passing) and not (creates and exc.is_sent)

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(may_repeat),
            stop=tenacity.stop_after_attempt(options.retries + 1),
            wait=tenacity.wait_random_exponential(
                multiplier=options.retry_wait, max=options.retry_wait_max
            ),
            reraise=True,
        )

    def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> Any:
        token = self._token or self._log_in("")
        response = self._send(method, path, body, token)
        if response.status_code == 401:
            token = self._log_in(token)
            response = self._send(method, path, body, token)
        if response.status_code == 401:
            raise FrontEndAway(
                "the front end does not accept the token it gave us"
            )
        return _read(method, path, response)

    def _log_in(self, spent: str) -> str:
        """Return a token that is not the spent one; others may have got it
        meanwhile."""
        with self._lock:
            if self._token != spent:
                return self._token
            user = {
                "login": self._options.username,
                "password": self._options.password,
            }
            response = self._send("POST", _SIGN_IN, {"user": user}, "")
            if response.status_code in _PASSING:
                raise _passing(response, is_sent=False)
            if response.status_code not in (200, 201):
                raise FrontEndAway(
                    "the front end does not let us in "
                    f"({response.status_code}){_complaint(response)}: see "
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
            raise _Passing(
                _reason(exc), is_sent=path != _SIGN_IN and _is_sent(exc)
            ) from None
        except exceptions.Timeout:
            raise _Passing(
                f"no answer within {options.timeout:g} s",
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


def _passing(response: requests.Response, *, is_sent: bool) -> _Passing:
    status = response.status_code
    return _Passing(
        f"it answers {status}{_complaint(response)}",
        is_sent=is_sent and status != 429,
        status=status,
    )


def _read(method: str, path: str, response: requests.Response) -> Any:
    """Return the JSON of an answer, or raise what it means."""
    status = response.status_code
    if status in _PASSING:
        raise _passing(response, is_sent=True)
    if status >= 400:
        raise _refusal(status, response)
    if status >= 300:
        raise FrontEndAway(
            f"{method} {path}: it redirects us; see [frontend] url"
        )
    try:
        return orjson.loads(response.content or b"{}")
    except orjson.JSONDecodeError:
        told = f"{method} {path}: an answer that is no JSON"
        raise (FrontEndUnsure if method == "POST" else FrontEndAway)(
            told
        ) from None


def _refusal(status: int, response: requests.Response) -> FrontEndRefused:
    said = _complaint(response).removeprefix(": ") or "no reason given"
    if status == 404 and _document(response) is not None:
        return FrontEndMissing("the front end does not have it")
    if status == 403:
        return FrontEndRefused(f"we may not (403): {said}")
    if status == 422:
        is_puzzle = any(word in said.lower() for word in _PUZZLES)
        return FrontEndRefused(said, is_conflict=is_puzzle)
    return FrontEndRefused(f"{said} ({status})")


def _complaint(response: requests.Response) -> str:
    """Return what an error's document says, whatever its shape."""
    said = "; ".join(_said(_document(response)))
    return f": {said[:_LONGEST]}" if said else ""


def _document(response: requests.Response) -> Any:
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None


def _said(document: Any, about: str = "") -> Iterator[str]:
    if isinstance(document, str):
        yield f"{about}: {document}" if about else document
    elif isinstance(document, list):
        for one in document:
            yield from _said(one, about)
    elif isinstance(document, Mapping):
        if "description" in document or "error" in document:
            told = document.get("description") or document["error"]
            yield from _said(told, about)
            return
        for name, value in document.items():
            field = about if name in ("errors", "base") else name
            yield from _said(value, field)


def _short(exc: Exception) -> str:
    return str(exc)[:_LONGEST]
