"""Which modules of ours a request enters: those that a reader opens to follow
it."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable

LOG = logging.getLogger(__name__)

OURS = "concertim_api."
SIMULATORS = (
    "concertim_api.clouds.simulator",
    "concertim_api.frontend.simulator",
)

#: How many modules a warm request enters at most; None: is only logged. A
#: number only ever gets smaller: see ADR 32.
BUDGETS = {
    "a notification": 13,
    "a rack": 20,
    "a rack in the past": None,
    "a legacy POST": 28,
    "a push of one change": 16,
    "a command": 8,
    "a command at a terminal": 10,
}


def check(
    request: str,
    send: Callable[[], object],
    prepare: Callable[[], object] = lambda: None,
    *,
    threads: bool = True,
) -> None:
    """Compare what a request enters with its budget.

    It is sent thrice, each time after ``prepare``. The last one is counted:
    the others make it warm. Without ``threads`` only this one counts.
    """
    trace = Trace()
    threading.setprofile(trace.note if threads else None)
    try:
        for _ in range(2):
            prepare()
            send()
        prepare()
        trace.run(send)
    finally:
        threading.setprofile(None)
    count = len(trace.modules)
    text = "\n  ".join([f"{request} enters {count} modules:", *trace.modules])
    LOG.info(text)
    budget = BUDGETS[request]
    assert count
    assert budget is None or count <= budget, text


class Trace:
    """The modules of ours that a call enters, in this order.

    What nobody opens does not count: the code that a module runs when it is
    imported, methods that are generated, and the simulator.
    """

    def __init__(self) -> None:
        self.modules: dict[str, None] = {}
        self._is_counting = False

    def run(self, call: Callable[[], object]) -> None:
        self._is_counting = True
        sys.setprofile(self.note)
        try:
            call()
        finally:
            sys.setprofile(None)
            self._is_counting = False

    def note(self, frame, event, _):
        code = frame.f_code
        if not self._is_counting or event != "call":
            return
        if code.co_name == "<module>" or code.co_filename == "<string>":
            return
        name = frame.f_globals.get("__name__", "")
        if name.startswith(OURS) and not name.startswith(SIMULATORS):
            self.modules[name.removeprefix(OURS)] = None
