"""The names of the types of rows."""

from typing import NamedTuple

import pytest

from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.services.ledger.type_names import Dictionary


class Row(NamedTuple):
    kind: str
    type: str | None


class Names:
    """Volume types and their names; counts what it is asked."""

    def __init__(self, names):
        self._names = names
        self.count = 0

    def names(self, kind, ids):
        assert kind == "volume_type"
        self.count += 1
        return {id_: self._names[id_] for id_ in ids if id_ in self._names}


@pytest.mark.parametrize(
    ("rows", "names", "shown", "statements"),
    [
        ([Row("instance", "m1")], {}, None, 0),
        ([Row("volume", None)], {}, None, 0),
        ([Row("volume", "t1")], {}, None, 1),
        (
            [Row("volume", "t1"), Row("volume", "t2"), Row("stack", "t1")],
            {"t1": "ssd"},
            ["ssd", "t2", "t1"],
            1,
        ),
    ],
    ids=["no such kind", "no type", "no name", "names"],
)
def test_types_have_names(rows, names, shown, statements):
    reader = Names(names)
    computed = Dictionary(reader, KINDS).computed(rows)
    if shown is None:
        assert computed == {}
    else:
        assert [computed["type"](row) for row in rows] == shown
    assert reader.count == statements
