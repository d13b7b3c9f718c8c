"""Charges."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import Collection


class Charge(TypedDict):
    """What a period costs; ``rule`` None: it is unpriced.

    ``quantity``, ``price``, ``discount_percent`` and ``amount`` are exact,
    in texts.
    """

    region: str
    kind: str
    resource_id: str
    name: str | None
    project_id: str | None
    rack_id: str | None
    rack_name: str | None
    type: str | None
    state: str | None
    start: str
    end: str
    tariff: str | None
    rule: str | None
    unit: str | None
    count: str
    quantity: str
    price: str | None
    discount_percent: str | None
    amount: str | None


class Charges(Collection[Charge]):
    """Charges within [``start``, ``end``), until now at most.

    Filters: project_id, kind, resource_id,
    region, state, type, rack_id; a list means any of its values.
    """

    nouns = "charges"
    since = "1.4"
