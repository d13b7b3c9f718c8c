"""Names and places in the Concertim app that only one object can have."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

from concertim_api.domain.reconcile import Fields

_LONGEST_NAME = 140


def takes(noun: str, fields: Fields) -> frozenset[Hashable]:
    """Return the names and places of an object. A template's name is unique
    in the app, a rack's in its team, a device's in its rack."""
    name = fields.get("name")
    if noun == "template":
        return frozenset({("template", name)})
    if noun == "rack":
        claims: set[Hashable] = {("rack", fields.get("team_id"), name)}
        if fields.get("order_id"):
            claims.add(("order", fields["order_id"]))
        return frozenset(claims)
    rack = fields.get("rack_id")
    return frozenset({("device", rack, name), *_units(rack, fields)})


def _units(rack: object, fields: Fields) -> Iterable[Hashable]:
    start = (fields.get("location") or {}).get("start_u")
    if not isinstance(start, int):
        return ()
    end = fields.get("end_u") or start
    if fields.get("height_u"):
        end = start + fields["height_u"] - 1
    return (("u", rack, n) for n in range(start, end + 1))


def step(
    noun: str,
    actual: Fields,
    desired: Collection[Hashable],
    claims: Collection[Hashable],
    height_u: int,
) -> Fields | None:
    """Return a free name, and a free place in the rack, for an object that
    has what others desire.

    Only for what they desire. None: the rack is full.
    """
    conflicts = takes(noun, actual) & frozenset(desired)
    fields: dict[str, object] = {}
    if any(_is_name(token) for token in conflicts):
        fields["name"] = _other_name(actual["name"], claims)
    if noun == "device" and not all(_is_name(token) for token in conflicts):
        start = _gap(actual, claims, height_u)
        if start is None:
            return None
        fields["location"] = {**actual["location"], "start_u": start}
    return fields


def _is_name(token: Hashable) -> bool:
    return isinstance(token, tuple) and token[0] != "u"


def _other_name(name: str, claims: Collection[Hashable]) -> str:
    names = {t[-1] for t in claims if isinstance(t, tuple)}
    n = 1
    while (other := f"{name[:_LONGEST_NAME]}-moving-{n}") in names:
        n += 1
    return other


def _gap(
    actual: Fields, claims: Collection[Hashable], height_u: int
) -> int | None:
    rack = actual.get("rack_id")
    high = len([*_units(rack, actual)])
    for start in range(height_u - high + 1, 0, -1):
        if all(("u", rack, start + n) not in claims for n in range(high)):
            return start
    return None
