"""How many modules a rack enters."""

import pytest

from tests import tracing
from tests.functional.api import view


@pytest.mark.parametrize(
    ("request_", "query"),
    [("a rack", ""), ("a rack in the past", "?at=2026-11-10T12:00:00Z")],
)
def test_modules(client, services, request_, query):
    view.shown(services)
    path = f"/v1/racks/k1{query}"
    tracing.check(request_, lambda: client.get(path))
