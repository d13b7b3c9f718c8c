"""The comparison of ends, when Nova lists late and the ledger learns late."""

from __future__ import annotations

import datetime

import pytest

from tests import waiting
from tests.integration.watched import Site

BEGIN = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
ENDED_AT = "2026-11-01T00:00:07.000000"


class Late:
    """Answers one question after the other, the last one for ever."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.count = 0

    def get(self, *_, **__):
        self.count += 1
        answers = self._answers
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Watched(Site):
    """A site without processes."""

    def __init__(self, cloud, api):
        self._cloud = cloud
        self.get = api.get


def servers(*ids):
    rows = [{"id": id_, "OS-SRV-USG:terminated_at": ENDED_AT} for id_ in ids]
    return {"servers": rows}


def period(end):
    return {"periods": [{"end": end}]}


def test_nova_lists_what_it_deletes_after_it_has_told_of_it():
    nova = Late(servers(), servers("other"), servers("s-1", "other"))
    ledger = Late(period("2026-11-01T00:00:07+00:00"))
    Watched(nova, ledger).check_ends(BEGIN, "s-1")
    assert nova.count == 3


def test_the_ledger_may_learn_an_end_later_than_nova_lists_it():
    ledger = Late(
        period(None),
        period("2026-11-01T00:00:08+00:00"),
        period("2026-11-01T00:00:07+00:00"),
    )
    Watched(Late(servers("s-1")), ledger).check_ends(BEGIN, "s-1")
    assert ledger.count == 3


@pytest.mark.parametrize(
    ("listed", "end", "complaint"),
    [
        (servers("s-2"), ENDED_AT, "Nova to list as deleted"),
        (servers("s-1"), "2026-11-01T00:00:08", "the ends of servers"),
    ],
)
def test_an_end_that_never_comes_is_named(monkeypatch, listed, end, complaint):
    monkeypatch.setattr(waiting, "PATIENCE", 0.05)
    site = Watched(Late(listed), Late(period(end)))
    with pytest.raises(pytest.fail.Exception, match=complaint) as raised:
        site.check_ends(BEGIN, "s-1")
    assert "last answer: " in raised.value.msg
