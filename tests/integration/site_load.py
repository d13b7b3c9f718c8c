"""What goes on at a site while parts of it are away."""

from __future__ import annotations

import collections
import contextlib
import dataclasses as dc
import datetime
import itertools
import statistics
import threading
import time

import openstack.exceptions
from keystoneauth1.exceptions import ClientException

from tests.integration.apache import Answer, Site
from tests.integration.listed import instant
from tests.waiting import wait_for

#: Seconds that one of many clients thinks between its requests.
PAUSE = 0.05

#: How long a server is left as it is, at least.
SETTLES = datetime.timedelta(seconds=2)

PATHS = ("/v1/racks", "/v1/devices", "/v1/periods?limit=20", "/v1/teams")


@dc.dataclass(frozen=True)
class Asked:
    """One request: when, for how long, and what came of it; ``answer`` is
    None where the connection was lost. ``client`` is None for one that is
    new: it asks once."""

    path: str
    began: float
    seconds: float
    answer: Answer | None
    client: int | None

    @property
    def status(self):
        return self.answer.status if self.answer else None

    @property
    def is_new(self):
        return self.client is None


class Clients:
    """Ask the API all the time, with tokens that it knows."""

    def __init__(self, site: Site, tokens, number):
        self._site = site
        self._over = threading.Event()
        self.asked: list[Asked] = []
        self._number = number
        self._threads = [
            threading.Thread(target=self._work, args=(token, client))
            for client, token in zip(
                range(number), itertools.cycle(tokens), strict=False
            )
        ]

    def _work(self, token, client):
        for path in itertools.cycle(PATHS):
            self._ask(path, token, client)
            if self._over.wait(PAUSE):
                return

    def join(self, tokens, seconds):
        """Let others come, one after the other, with tokens that the API has
        not seen before. They do not wait for each other's answers."""
        for token in tokens:
            self._threads.append(
                threading.Thread(target=self._ask, args=(PATHS[0], token))
            )
            self._threads[-1].start()
            time.sleep(seconds / len(tokens))

    def _ask(self, path, token, client=None):
        began, answer = time.monotonic(), None
        with contextlib.suppress(OSError):
            answer = self._site.ask(path, X_Auth_Token=token)
        seconds = time.monotonic() - began
        self.asked.append(Asked(path, began, seconds, answer, client))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def statuses(self, begin, end, is_new=False):
        """Count the answers to what was asked wholly within a time."""
        return collections.Counter(
            one.status
            for one in list(self.asked)
            if begin <= one.began
            and one.began + one.seconds <= end
            and one.is_new is is_new
        )

    def newcomers(self):
        """Return what was asked with new tokens, and answered."""
        return [one for one in list(self.asked) if one.is_new]

    def summary(self):
        """Yield what was answered: to whom, what, how often, how fast."""
        found = collections.defaultdict(list)
        for one in list(self.asked):
            found[one.is_new, one.status].append(one.seconds)
        for (is_new, status), took in sorted(found.items(), key=str):
            yield (
                f"{'new' if is_new else 'known'} tokens: {len(took)} times "
                f"{status}, in {statistics.median(took):.2f} s, at most "
                f"{max(took):.2f} s"
            )

    def await_answers(self, number, status=None):
        """Wait until each client has got so many more answers, one after the
        other, of a status or of any."""
        since = time.monotonic()

        def latest():
            statuses = {client: [] for client in range(self._number)}
            for request in list(self.asked):
                if not request.is_new and request.began >= since:
                    statuses[request.client].append(request.status)
            return {n: last[-number:] for n, last in statuses.items()}

        def are_enough(statuses):
            return all(
                len(last) == number and (status is None or {*last} == {status})
                for last in statuses.values()
            )

        wait_for(
            f"{number} answers {status or ''} to each client",
            latest,
            are_enough,
        )


def settled(server):
    """Whether a server has been as it is for a while.

    The ledger knows whole seconds: what is of the same as the next turn
    would be a period of no length.
    """
    since = instant(server.updated_at)
    return datetime.datetime.now(datetime.UTC) - since >= SETTLES


class Bustle:
    """Somebody who stops and starts a server, again and again; what the
    cloud refuses meanwhile is tried again."""

    def __init__(self, project, server):
        self._project = project
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.turns = 0

    def _work(self):
        while not self._over.wait(0.5):
            with contextlib.suppress(
                openstack.exceptions.SDKException, ClientException
            ):
                self._turn()

    def _turn(self):
        found = self._project.compute.get_server(self._server)
        if found.task_state or not settled(found):
            return
        if found.status == "ACTIVE":
            self._project.compute.stop_server(self._server)
        else:
            self._project.compute.start_server(self._server)
        self.turns += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
