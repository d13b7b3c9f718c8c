"""Waits: they return what came, and say what did not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import waiting
from tests.waiting import wait_for, wait_for_exit, wait_until_same

SOON = {"seconds": 0.02, "every": 0.001}


def in_turn(*answers):
    return iter(answers).__next__


def failure(wait, *arguments, **options):
    """Return how a wait says that its time is over."""
    with pytest.raises(pytest.fail.Exception) as raised:
        wait(*arguments, **options)
    return raised.value.msg


def test_the_answer_that_was_waited_for_is_returned():
    assert wait_for("a word", in_turn(None, "", "word")) == "word"
    assert wait_for("three", in_turn(1, 2, 3, 4), lambda n: n > 2) == 3


def test_what_did_not_come_is_named_with_the_last_answer():
    text = failure(
        *(wait_for, "Nova to list s-1", lambda: {"s-2"}, {"s-1"}.issubset),
        **SOON,
    )
    assert text == "waited 0.02 s for Nova to list s-1; last answer: {'s-2'}"


def test_of_a_long_answer_the_end_is_shown():
    log = "begin\n" + "line\n" * waiting.SHOWN + "end"
    text = failure(wait_for, "a word", lambda: log, lambda _: False, **SOON)
    assert "begin" not in text
    assert text.endswith("line\nend")


def test_it_asks_once_more_when_the_time_is_over():
    """A test that got no processor meanwhile has not waited in vain."""
    answers = in_turn(False, True)
    assert wait_for("the second answer", answers, seconds=0.001, every=0.01)


def test_sides_are_asked_until_they_agree():
    cloud, api = in_turn(1, 1, 2), in_turn(0, 3, 2)
    assert wait_until_same("the count", cloud=cloud, api=api) == 2


def test_all_sides_are_shown_when_they_do_not_agree():
    sides = {"cloud": lambda: [1], "api": list}
    text = failure(wait_until_same, "the servers", **SOON, **sides)
    assert text == (
        "waited 0.02 s for the servers to be the same by cloud and api; "
        "last answer: {'api': [], 'cloud': [1]}"
    )


def test_an_error_ends_the_wait():
    with pytest.raises(ZeroDivisionError):
        wait_for("a number", lambda: 1 / 0)


def test_the_end_of_a_process():
    command = [sys.executable, "-c", "import sys; sys.stdin.read(); exit(3)"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        text = failure(wait_for_exit, process, seconds=0.02)
        assert f"for process {process.pid} to end" in text
        process.stdin.close()
        assert wait_for_exit(process) == 3
