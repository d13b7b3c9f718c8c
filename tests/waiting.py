"""Waits for what other processes do.

Each wait names what it waits for. When its time is over, the test fails and
says what did not come, in how many seconds, and what was answered last.
"""

from __future__ import annotations

import pprint
import subprocess
import time

import pytest

#: Seconds until a wait is given up: enough for a machine of two cores that
#: is busy with other things, too.
PATIENCE = 120

#: Seconds between two questions.
PAUSE = 0.05

#: How much of the last answer is shown: its end.
SHOWN = 4000


def wait_for(what, ask, holds=bool, *, seconds=None, every=PAUSE):
    """Ask until something holds of the answer; return that answer.

    ``what`` completes the sentence "waited 120 s for ...". An error of
    ``ask`` or of ``holds`` ends the wait. ``seconds``: else PATIENCE.
    """
    seconds = PATIENCE if seconds is None else seconds
    deadline = time.monotonic() + seconds
    while True:
        is_over = time.monotonic() >= deadline  # then this is the last time
        answer = ask()
        if holds(answer):
            return answer
        if is_over:
            pytest.fail(
                f"waited {seconds} s for {what}; last answer: {_end(answer)}"
            )
        time.sleep(every)


def wait_until_same(what, *, seconds=None, every=PAUSE, **sides):
    """Ask all sides until they answer the same; return the answer.

    When the time is over, the answers of all sides are shown.
    """

    def ask():
        return {side: answer() for side, answer in sides.items()}

    def agree(answers):
        first, *others = answers.values()
        return all(other == first for other in others)

    answers = wait_for(
        f"{what} to be the same by {' and '.join(sides)}",
        ask,
        agree,
        seconds=seconds,
        every=every,
    )
    return next(iter(answers.values()))


def wait_for_exit(process, seconds=PATIENCE):
    """Wait for the end of a process; return its exit status."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        pytest.fail(
            f"waited {seconds} s for process {process.pid} to end: "
            f"{process.args}"
        )


def _end(answer):
    text = answer if isinstance(answer, str) else pprint.pformat(answer)
    return text if len(text) <= SHOWN else f"...{text[-SHOWN:]}"
