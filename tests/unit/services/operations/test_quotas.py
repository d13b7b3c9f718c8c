"""Limits with what is used of them, and whose quotas one may see."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.services.cloud.acting import Caller, Quota
from concertim_api.services.common.listing import EVERY_PROJECT, Scope
from concertim_api.services.operations.operations import Operations
from concertim_api.services.operations.quotas import Quotas, paired

NAMES = st.sampled_from(
    [
        *("maxTotalCores", "totalCoresUsed", "maxTotalRAMSize"),
        *("totalRAMUsed", "maxServerMeta", "maxSomethingNew"),
    ]
)
LIMITS = st.dictionaries(NAMES, st.integers(-1, 10**6))


def number(one):
    """Return what Nova would say of a limit, or of what is used."""
    return -1 if one is None else one


@given(LIMITS)
def test_no_limit_is_lost(told):
    found = {one.name: one for one in paired("compute", told)}
    limits = {name for name in told if name.startswith("max")}
    assert len(found) == len(limits)
    if "maxTotalCores" in told:
        cores = found["cores"]
        assert number(cores.limit) == told["maxTotalCores"]
        assert number(cores.used) == told.get("totalCoresUsed", -1)
    if "maxSomethingNew" in told:
        assert found["maxSomethingNew"].used is None
    assert [*found] == sorted(found)


def test_limits_of_a_service_that_we_have_no_names_for():
    (one,) = paired("share", {"maxTotalShares": -1})
    assert one == Quota("share", "maxTotalShares", None)


def test_what_has_a_unit_says_so():
    told = {"maxTotalRAMSize": 51200, "totalRAMUsed": 4096}
    (ram,) = paired("compute", told)
    assert ram == Quota("compute", "ram_mb", 51200, 4096)


class Cloud:
    """A cloud in which every project may have the same."""

    region = "one"

    def __init__(self):
        self.asked = []

    def actions(self, credentials):
        return SimpleNamespace(quotas=self)

    def quotas(self, project_id):
        self.asked.append(project_id)
        return [
            Quota("compute", "ram", 51200, 0, 0),
            Quota("volume", "ram", 1),
        ]


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def quotas(cloud):
    return Quotas(Operations(None, None, {"one": cloud}, None))


ADA = Caller(user_id="u1", project_id="p1")
OWN = Scope("p1")


def test_the_own_project_is_meant_without_another(quotas, cloud):
    found = quotas.quotas(ADA, OWN)
    assert cloud.asked == ["p1"]
    assert [row.name for row in found.rows] == ["ram_mb", "ram"]
    row = found.rows[0]
    assert found.computed["project_id"](row) == "p1"
    assert found.computed["region"](row) == "one"


def test_another_project_is_not_asked_for(quotas, cloud):
    with pytest.raises(NotFound, match="p2"):
        quotas.quotas(ADA, OWN, "p2")
    assert cloud.asked == []
    quotas.quotas(ADA, EVERY_PROJECT, "p2")
    assert cloud.asked == ["p2"]


def test_who_has_no_project_says_which(quotas, cloud):
    nobody = Caller(user_id=None, user_name="a-key")
    with pytest.raises(Invalid, match="project_id"):
        quotas.quotas(nobody, EVERY_PROJECT)
    assert cloud.asked == []
