"""The drivers of billing, as the configuration names them."""

import pytest

from concertim_api import bootstrap
from concertim_api.billing.killbill.driver import KillBill
from concertim_api.bootstrap import drivers
from concertim_api.domain.errors import Invalid

KILLBILL = {
    "url": "https://killbill.example.org/",
    "username": "concertim",
    "password": "s3cr3t",
    "api_key": "s3cr3t",
    "api_secret": "s3cr3t",
    "currency": "EUR",
}


@pytest.fixture
def conf():
    conf = bootstrap.unread()
    conf([], default_config_files=[])
    return conf


def test_by_default_we_bill_alone(conf):
    billing = drivers.billing(conf)
    assert (billing.is_owed, billing.system) == (True, None)


def test_what_is_not_billed_is_owed_by_nobody(conf):
    conf.set_override("driver", "none", "billing")
    billing = drivers.billing(conf)
    assert (billing.is_owed, billing.system) == (False, None)


def test_a_driver_that_is_not_there_is_named(conf):
    conf.set_override("driver", "paper", "billing")
    with pytest.raises(Invalid, match=r"^\[billing\] driver: there is no"):
        drivers.billing(conf)


def killbill(conf, **values):
    conf.set_override("driver", "killbill", "billing")
    for name, value in {**KILLBILL, **values}.items():
        conf.set_override(name, value, "killbill")
    return drivers.billing(conf)


def test_kill_bill_is_not_asked_at_start(conf):
    billing = killbill(conf)
    assert billing.is_owed
    assert isinstance(billing.system, KillBill)


@pytest.mark.parametrize("name", KILLBILL)
def test_each_option_that_lacks_is_named(conf, name):
    with pytest.raises(Invalid, match=rf"^\[killbill\] {name}: "):
        killbill(conf, **{name: ""})


@pytest.mark.parametrize(
    "url", ["killbill.example.org", "ftp://k/", "https://me:pw@k/"]
)
def test_what_is_no_address_is_refused_without_its_password(conf, url):
    with pytest.raises(Invalid, match=r"^\[killbill\] url: ") as caught:
        killbill(conf, url=url)
    assert "pw" not in str(caught.value)


def test_a_kill_bill_that_is_away_is_a_fault(conf):
    billing = killbill(conf, url="http://127.0.0.1:9/")
    [fault] = billing.system.faults()
    assert fault.startswith("GET /catalog: no connection")
    assert "s3cr3t" not in fault
