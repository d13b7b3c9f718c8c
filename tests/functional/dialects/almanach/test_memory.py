"""A list is complete before it is sent, in memory that does not grow."""

import tracemalloc
from datetime import UTC, datetime

import pytest

from concertim_api.api.dialects.almanach import documents
from concertim_api.api.dialects.almanach.entities import Entity
from concertim_api.api.dialects.dialect import Reply, send
from concertim_api.domain.errors import Unavailable

T0 = datetime(2026, 11, 1, tzinfo=UTC)


def some(number):
    for place in range(number):
        billed = {"flavor": "small", "metadata": {"a": "b"}}
        yield Entity(
            f"s{place}", "instance", "p1", "web", T0, None, T0, billed, {}
        )


def peak(number):
    tracemalloc.start()
    reply = documents.answer(some(number), number)
    blocks = send(reply, {"REQUEST_METHOD": "GET"}, lambda *_: None)
    size = sum(map(len, blocks))
    blocks.close()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size, most


def test_200_000_rows_take_the_memory_of_10_000():
    _, few = peak(10_000)
    size, many = peak(200_000)
    assert size > 40_000_000
    assert many < few + 1_000_000


def test_a_file_is_closed_without_being_sent():
    reply = documents.answer(some(1), 1)
    assert not [*send(reply, {"REQUEST_METHOD": "HEAD"}, lambda *_: None)]
    assert reply.file.closed
    assert Reply().file is None


def test_a_failure_half_way_sends_nothing():
    def broken():
        yield from some(100)
        raise Unavailable("gone")

    with pytest.raises(Unavailable):
        documents.answer(broken(), 1000)
