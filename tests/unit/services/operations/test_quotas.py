"""Limits with what is used of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Invalid
from concertim_api.services.cloud.acting import Caller, Quota
from concertim_api.services.common.listing import EVERY_PROJECT
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


def test_who_has_no_project_says_which():
    nobody = Caller(user_id=None, user_name="a-key")
    quotas = Quotas(Operations(None, None, {"one": None}, None))
    with pytest.raises(Invalid, match="project_id"):
        quotas.quotas(nobody, EVERY_PROJECT)
