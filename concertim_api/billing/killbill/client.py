"""Requests to Kill Bill, and what its answers mean.

Which answer means what was seen on a Kill Bill 0.24: a status alone does not
say it. 500 may mean that something exists, and 400 that it was done before.
"""

from __future__ import annotations

import dataclasses as dc
import decimal
import json
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple

import requests
from requests import auth, exceptions

from concertim_api.http.session import (
    MAX_BYTES,
    TooLarge,
    guarded_session,
)
from concertim_api.services.billing.system import BillingAway, BillingRefused

#: Characters of what Kill Bill, or a library, says of an error.
_MAX_TEXT = 300

_LET_IN = (
    "Kill Bill does not let us in (401): see [killbill] username, password, "
    "api_key and api_secret"
)

#: Codes of its errors.
TRACKING_ID_EXISTS = 50000
ORDER_IS_CANCELLED = 1031
#: The key of an account, a bundle or an order exists.
EXISTS = frozenset({3000, 1015})
#: An account or an order is not there.
MISSING = frozenset({3003, 1083})


#: Errors (500) that come again: the request is the reason, not the moment.
_REFUSING = (
    "IntegrityConstraint",
    "IllegalState",
    "UnableToExecuteStatement",
    "SQLDataException",
    "IndexOutOfBounds",
)


@dc.dataclass(frozen=True, slots=True)
class Options:
    """Where Kill Bill is, who we are, and how patient.

    ``verify``: the path of a CA, or True: those that the system trusts.
    """

    url: str
    username: str
    password: str = dc.field(repr=False)
    api_key: str = dc.field(repr=False)
    api_secret: str = dc.field(repr=False)
    verify: str | bool = True
    timeout: float = 60
    max_bytes: int = MAX_BYTES


class Answer(NamedTuple):
    """An answer: ``document`` is its JSON, with numbers as Decimals; ``id``
    is that of what was made."""

    document: Any
    id: str


class KillBillRefused(BillingRefused):
    """An answer that is an error. ``code``: that of its document, if it has
    one; ``cause``: the Java class that it names last."""

    def __init__(
        self, text: str, status: int, code: int | None, cause: str
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.cause = cause

    @property
    def is_duplicate(self) -> bool:
        """Whether what was to be made exists."""
        return self.code in EXISTS or "IntegrityConstraint" in self.cause

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may be answered otherwise later."""
        if self.status == 500:
            is_known = any(name in self.cause for name in _REFUSING)
            return self.code is None and not is_known
        return self.status in (408, 429) or self.status > 500


class Client:
    """Requests to one tenant of a Kill Bill."""

    def __init__(self, options: Options) -> None:
        self._options = options
        http = guarded_session(options.max_bytes)
        http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # As bytes: of a text, only Latin-1 can be sent.
        http.auth = auth.HTTPBasicAuth(
            options.username.encode(), options.password.encode()
        )
        http.headers.update(
            {
                "Accept": "application/json",
                "Content-Type": "application/json",
                "X-Killbill-ApiKey": _header(options.api_key),
                "X-Killbill-ApiSecret": _header(options.api_secret),
                "X-Killbill-CreatedBy": "concertim",
            }
        )
        self._http = http

    def get(self, path: str, **query: str) -> Any:
        """Return the document of a resource. 1 request."""
        document = self.call("GET", path, **query).document
        if document is None:
            raise BillingAway(f"GET {path}: an answer that is no JSON")
        return document

    def call(
        self, method: str, path: str, body: Any = None, **query: str
    ) -> Answer:
        """Make a request below /1.0/kb; return the answer.

        It is not repeated: what was done is for the caller to find out.
        Raises BillingAway, KillBillRefused.
        """
        response = self._send(method, path, body, query)
        status, request = response.status_code, f"{method} {path}"
        if status < 300:
            made = response.headers.get("Location", "")
            return Answer(
                _document(response), made.rstrip("/").rsplit("/", 1)[-1]
            )
        if status == 401:
            raise BillingAway(_LET_IN)
        if status < 400:
            raise BillingAway(
                f"{request}: it redirects us; see [killbill] url"
            )
        error = _refusal(request, status, _document(response))
        if error.is_temporary:
            raise BillingAway(str(error))
        raise error

    def _send(
        self, method: str, path: str, body: Any, query: Mapping[str, str]
    ) -> requests.Response:
        options = self._options
        try:
            return self._http.request(
                method,
                f"{options.url.rstrip('/')}/1.0/kb{path}",
                params=query,
                data=None if body is None else json.dumps(body),
                timeout=options.timeout,
                verify=options.verify,
                allow_redirects=False,
            )
        except TooLarge:
            text = "its answer is longer than [killbill] max_answer_mb"
        except exceptions.SSLError as exc:
            text = f"no trust in Kill Bill: {str(exc)[:_MAX_TEXT]}"
        except exceptions.Timeout:
            seconds = f"{options.timeout:g} s"
            text = f"no answer within [killbill] timeout, {seconds}"
        except (exceptions.RequestException, OSError) as exc:
            text = f"no connection: {type(exc).__name__}"
        raise BillingAway(f"{method} {path}: {text}")


def _header(value: str) -> str:
    """Return what is sent as the UTF-8 of a text: headers are Latin-1."""
    return value.encode().decode("latin-1")


def _document(response: requests.Response) -> Any:
    """Return the JSON of an answer; None: it is none, or has none."""
    try:
        return json.loads(response.content, parse_float=decimal.Decimal)
    except ValueError:
        return None


def _refusal(request: str, status: int, document: Any) -> KillBillRefused:
    if not isinstance(document, Mapping):
        return KillBillRefused(f"{request}: {status}", status, None, "")
    message = str(document.get("message") or "no reason given")[:_MAX_TEXT]
    cause = document.get("causeClassName") or document.get("className") or ""
    return KillBillRefused(
        f"{request}: {message} ({status})",
        status,
        document.get("code"),
        f"{cause} {document.get('causeMessage') or ''}",
    )
