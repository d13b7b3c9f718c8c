"""What things of the Concertim app have that no other can have."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

from concertim_api.domain.reconcile import Fields

_LONGEST_NAME = 140


def takes(noun: str, fields: Fields) -> frozenset[Hashable]:
    """Return names and places: of templates everywhere, of racks in their
    team, of devices in their rack."""
    name = fields.get("name")
    if noun == "template":
        return frozenset({("template", name)})
    if noun == "rack":
        taken: set[Hashable] = {("rack", fields.get("team_id"), name)}
        if fields.get("order_id"):
            taken.add(("order", fields["order_id"]))
        return frozenset(taken)
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
    held: Fields,
    wanted: Collection[Hashable],
    taken: Collection[Hashable],
    height_u: int,
) -> Fields | None:
    """Return a name, and a place in a rack, that nobody has or wants.

    Only of what others want. None: the rack is full.
    """
    own = takes(noun, held) & frozenset(wanted)
    found: dict[str, object] = {}
    if any(_is_name(token) for token in own):
        found["name"] = _other_name(held["name"], taken)
    if noun == "device" and not all(_is_name(token) for token in own):
        start = _gap(held, taken, height_u)
        if start is None:
            return None
        found["location"] = {**held["location"], "start_u": start}
    return found


def _is_name(token: Hashable) -> bool:
    return isinstance(token, tuple) and token[0] != "u"


def _other_name(name: str, taken: Collection[Hashable]) -> str:
    names = {t[-1] for t in taken if isinstance(t, tuple)}
    n = 1
    while (other := f"{name[:_LONGEST_NAME]}-moving-{n}") in names:
        n += 1
    return other


def _gap(
    held: Fields, taken: Collection[Hashable], height_u: int
) -> int | None:
    rack = held.get("rack_id")
    high = len([*_units(rack, held)])
    for start in range(height_u - high + 1, 0, -1):
        if all(("u", rack, start + n) not in taken for n in range(high)):
            return start
    return None
