"""What may pass, and how often it is tried again."""

from __future__ import annotations

import dataclasses as dc
import logging
import time
from collections.abc import Callable

import requests
import tenacity

LOG = logging.getLogger(__name__)

#: Answers that may be others the next time.
TRANSIENT = frozenset({429, 500, 502, 503, 504})


class Transient(Exception):
    """Trying again may help.

    ``is_sent``: the request may have been done. ``status``: of the answer,
    if there was one. ``retry_after``: the seconds that the service asks for.
    ``detail`` is for operators.
    """

    def __init__(
        self,
        problem: str,
        *,
        is_sent: bool = True,
        status: int | None = None,
        retry_after: float = 0,
        detail: str = "",
    ) -> None:
        super().__init__(problem)
        self.is_sent = is_sent
        self.status = status
        self.retry_after = retry_after
        self.detail = detail


@dc.dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is repeated, and the waits before it is.

    The waits double up to the longest one. A service may ask for more by
    Retry-After, but for no more than the longest one.
    """

    retries: int = 3
    wait: float = 0.5
    wait_max: float = 10.0
    sleep: Callable[[float], None] = time.sleep

    def attempts(
        self,
        request: str,
        may_repeat: Callable[[Transient], bool] = lambda error: True,
    ) -> tenacity.Retrying:
        """Return what repeats a call while it raises Transient, and
        ``may_repeat`` agrees. It raises the last error. ``request`` names
        the call in the log."""

        def is_repeated(error: BaseException) -> bool:
            return isinstance(error, Transient) and may_repeat(error)

        def log(state: tenacity.RetryCallState) -> None:
            error = _error(state)
            # A text: a record of an error keeps all that its frames hold.
            text = f"{request}: {error} {error.detail}".rstrip()
            LOG.debug("%s; again in %.1f s", text, state.upcoming_sleep)

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(is_repeated),
            stop=tenacity.stop_after_attempt(self.retries + 1),
            wait=self._wait,
            sleep=self.sleep,
            before_sleep=log,
            reraise=True,
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        backoff = tenacity.wait_exponential(self.wait, self.wait_max)(state)
        return min(max(backoff, _error(state).retry_after), self.wait_max)


def _error(state: tenacity.RetryCallState) -> Transient:
    error = state.outcome and state.outcome.exception()
    assert isinstance(error, Transient)
    return error


def retry_after(response: requests.Response) -> float:
    """Return the seconds of Retry-After; a date counts as nothing."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0
