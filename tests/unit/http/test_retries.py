"""What is tried again, and when."""

from __future__ import annotations

import pytest
import requests

from concertim_api.http.pages import TooManyPages, limited
from concertim_api.http.session import Patience, Transient, retry_after


def failing(error):
    """A call that raises this error, whenever it is made."""

    def call():
        raise error

    return call


def test_what_does_not_pass_or_may_not_be_repeated_is_not():
    waits = []
    patience = Patience(sleep=waits.append)
    with pytest.raises(ValueError, match="no"):
        patience.attempts("GET /")(failing(ValueError("no")))
    attempts = patience.attempts("POST /", may_repeat=lambda error: False)
    with pytest.raises(Transient):
        attempts(failing(Transient("sent")))
    assert waits == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("", 0), ("-1", 0), ("\u00b2", 0), ("Sat, 21 Nov 2026", 0)],
)
def test_retry_after_is_a_number_of_seconds(value, seconds):
    response = requests.Response()
    response.headers["Retry-After"] = value
    assert retry_after(response) == seconds


def test_pages_without_end_end():
    pages = limited(iter(int, 1), most=100)
    with pytest.raises(TooManyPages):
        list(pages)
    assert len(list(limited(range(100), most=100))) == 100
