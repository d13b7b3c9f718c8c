"""Moments of a rack's history."""

from datetime import UTC, datetime

import pytest

from concertim_api.services.view.history import just_before


@pytest.mark.parametrize(
    ("moment", "before"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2025-12-31T23:59:59+00:00"),
        (datetime(1, 1, 1, 0, 0, 1, tzinfo=UTC), "0001-01-01T00:00:00+00:00"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00+00:00"),
    ],
)
def test_there_is_a_second_before_every_end(moment, before):
    assert just_before(moment).isoformat() == before
