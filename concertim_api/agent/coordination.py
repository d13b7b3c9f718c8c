"""Which of several agents runs a job: the one that has its lock."""

from __future__ import annotations

import logging
import os
import threading
import time
import urllib.parse
import uuid
from typing import Any

import tooz
from stevedore.exception import NoMatches
from tooz import coordination

from concertim_api.agent.outage import Outage
from concertim_api.domain.errors import Invalid

LOG = logging.getLogger(__name__)

#: The errors of a backend that is down.
_DOWN = (tooz.ToozError, OSError)

OPTION = "[agent] coordination_url"


def check(url: str) -> None:
    """Raise Invalid unless there is a driver for the URL. Asks no server."""
    parsed = urllib.parse.urlsplit(url)
    try:
        coordination.get_coordinator(url, b"concertim")
    except NoMatches:
        raise Invalid(
            OPTION, f"tooz has no driver {parsed.scheme or url!r}"
        ) from None
    except (ImportError, ValueError, tooz.ToozError) as exc:
        # Not the text: it may have the URL, and a password in it.
        raise Invalid(
            OPTION,
            f"the driver {parsed.scheme} can't be used: {type(exc).__name__}",
        ) from None


def prepare(url: str) -> None:
    """Make the directory for locks in files. Other URLs need nothing.

    Raises Invalid unless this process may write to it.
    """
    parsed = urllib.parse.urlsplit(url)
    if parsed.scheme != "file":
        return
    path = parsed.path
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except OSError as exc:
        raise Invalid(OPTION, f"{path}: {exc.strerror}") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise Invalid(OPTION, f"{path} is not ours to write to")


class Coordination:
    """The backend of locks that all agents use.

    The URL was checked and prepared. It connects when it is first needed.
    While it is down no claim can be held, which is logged once.
    """

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._prefix = prefix
        self._outage = Outage("the coordination of the agents")
        self._lock = threading.Lock()
        self._driver: Any = None
        self._stopping = threading.Event()
        self._heart: threading.Thread | None = None
        self._epoch = 0
        self._lease = self._beat_at = 0.0

    def claim(self, name: str) -> Claim:
        """Return the claim to a name. It is not held yet."""
        quoted = urllib.parse.quote(f"{self._prefix}.{name}", safe="")
        return Claim(self, quoted.encode())

    def stop(self) -> None:
        self._stopping.set()
        if self._heart:
            self._heart.join(1)
        driver, self._driver = self._driver, None
        if driver is not None:
            try:
                driver.stop()
            except _DOWN as exc:
                LOG.debug("The coordination did not stop: %s", exc)

    def driver(self) -> Any:
        """Return the driver, connected. Raises what is ``_DOWN``."""
        with self._lock:
            if self._driver is None:
                # Names and ids of processes may come again; this does not.
                driver = coordination.get_coordinator(
                    self._url, uuid.uuid4().hex.encode()
                )
                driver.start()
                if driver.requires_beating:
                    self._start_heart(driver)
                self._driver = driver
            return self._driver

    def _start_heart(self, driver: Any) -> None:
        # NOTE: the heart of tooz can't be stopped while its backend is
        # down, and logs that every second.
        self._beat(driver)
        self._heart = threading.Thread(
            target=self._keep_beating, args=(driver,), daemon=True
        )
        self._heart.start()

    def _keep_beating(self, driver: Any) -> None:
        wait = self._lease / 3
        while not self._stopping.wait(wait):
            try:
                self._beat(driver)
                wait = self._lease / 3
            except Exception as exc:  # a heart does not stop for anything
                self.failed(exc)
                wait = 1.0

    def _beat(self, driver: Any) -> None:
        self._lease = max(float(driver.heartbeat() or 0), 1.0)
        before, self._beat_at = self._beat_at, time.monotonic()
        if self._beat_at - before > self._lease:
            self._epoch += 1

    @property
    def epoch(self) -> int | None:
        """The number of the time in which no lease of ours ran out.

        None: the lease ran out, or may have. Claims of before are lost.
        """
        if not self._lease or time.monotonic() - self._beat_at < self._lease:
            return self._epoch
        return None

    def failed(self, exc: Exception) -> None:
        self._outage.began(f"{type(exc).__name__} {exc}".strip())

    def works(self) -> None:
        self._outage.ended()


class Claim:
    """The right to run a job. One agent at a time has it.

    The agent loses it when it gives it up, ends, or can't renew its lease.
    """

    def __init__(self, common: Coordination, name: bytes) -> None:
        self._common = common
        self._name = name
        self._lock: Any = None
        self._epoch: int | None = None

    def is_held(self) -> bool:
        """Whether this agent has it: still, or from now on. Does not wait."""
        try:
            is_held = self._still() or self._take()
        except _DOWN as exc:
            self._common.failed(exc)
            return False
        self._common.works()
        return is_held

    def give_up(self) -> None:
        """Let another agent have it."""
        lock, self._lock = self._lock, None
        if lock is None:
            return
        try:
            lock.release()
        except _DOWN as exc:
            LOG.debug("%s was not released: %s", self._name.decode(), exc)

    def _still(self) -> bool:
        if self._lock is None:
            return False
        if self._epoch == self._common.epoch and _is_ours(self._lock):
            return True
        LOG.warning(
            "%s was taken away: the lease ran out", self._name.decode()
        )
        self.give_up()
        return False

    def _take(self) -> bool:
        lock = self._common.driver().get_lock(self._name)
        epoch = self._common.epoch
        if epoch is None or not lock.acquire(blocking=False):
            return False
        self._lock, self._epoch = lock, epoch
        return True


def _is_ours(lock: Any) -> bool:
    try:
        return bool(lock.is_still_owner())
    except tooz.NotImplemented:
        return bool(lock.acquired)
