"""The section [keystone_authtoken], and what Keystone's middleware makes of
it."""

import types

import pytest
import webob
from keystoneauth1 import fixture
from keystoneauth1.access import service_catalog
from keystoneauth1.exceptions import ConnectTimeout
from keystonemiddleware import auth_token
from oslo_config import cfg
from requests.exceptions import ConnectionError as Refused
from requests.exceptions import ReadTimeout

from concertim_api import conf as options
from concertim_api.clouds.openstack import regions
from concertim_api.keystone.plan import Account
from concertim_api.keystone.section import authtoken_section, cloud_section

URL = "http://keystone.example:5000/v3"


def login():
    """Return what a log-in tells: who, and where Keystone is."""
    token = fixture.V3Token(user_name="concertim", project_name="service")
    identity = token.add_service("identity")
    identity.add_standard_endpoints(
        public="https://cloud.example/identity", internal=URL, region="north"
    )
    return token


def connection(verify=True):
    """Return the administrator's connection, as far as it is looked at."""
    catalog = service_catalog.ServiceCatalogV3.from_token(login())
    access = types.SimpleNamespace(service_catalog=catalog)
    auth = types.SimpleNamespace(get_access=lambda session: access)
    return types.SimpleNamespace(
        session=types.SimpleNamespace(auth=auth, verify=verify),
        config=types.SimpleNamespace(region_name="north"),
    )


@pytest.fixture
def configured(tmp_path):
    """What oslo.config reads in the section."""
    path = tmp_path / "concertim.conf"
    path.write_text(authtoken_section(connection(), Account(), "a$b") + "\n")
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[str(path)])
    return conf


@pytest.fixture
def middleware(configured):
    """The middleware with these options, in front of nothing."""
    return auth_token.AuthProtocol(
        webob.Response(), {"oslo_config_config": configured}
    )


@pytest.fixture
def keystone(requests_mock):
    """A Keystone that answers to our own log-in."""
    requests_mock.get(URL, json={"version": fixture.V3Discovery(URL)})
    requests_mock.post(
        f"{URL}/auth/tokens", json=login(), headers={"X-Subject-Token": "own"}
    )
    return requests_mock


def ask(middleware, token="somebody's"):
    request = webob.Request.blank("/", headers={"X-Auth-Token": token})
    return request.get_response(middleware)


def test_the_middleware_lets_in_who_keystone_knows(middleware, keystone):
    keystone.get(f"{URL}/auth/tokens", json=login())
    assert ask(middleware).status_int == 200
    assert keystone.request_history[0].timeout == 5
    (own,) = [one for one in keystone.request_history if one.method == "POST"]
    user = own.json()["auth"]["identity"]["password"]["user"]
    assert (user["name"], user["password"]) == ("concertim", "a$b")


def test_a_keystone_that_refuses_is_asked_once_more(middleware, keystone):
    asked = keystone.get(f"{URL}/auth/tokens", exc=Refused)
    assert ask(middleware).status_int == 503
    assert asked.call_count == 2


def test_a_connection_that_was_closed_is_opened_anew(middleware, keystone):
    keystone.get(f"{URL}/auth/tokens", [{"exc": Refused}, {"json": login()}])
    assert ask(middleware).status_int == 200


def test_nobody_waits_for_ever_for_a_keystone_that_hangs(middleware, keystone):
    asked = keystone.get(f"{URL}/auth/tokens", exc=ReadTimeout)
    with pytest.raises(ConnectTimeout):  # ``api.auth`` makes it a 503
        ask(middleware)
    assert [one.timeout for one in asked.request_history] == [5, 5]


@pytest.mark.parametrize(
    ("verify", "line"),
    [(False, "insecure = true"), ("/ca.pem", "cafile = /ca.pem")],
)
def test_tls_is_as_in_the_log_in(verify, line):
    lines = authtoken_section(connection(verify), Account(), None).splitlines()
    assert line in lines
    assert not {"insecure = true", "cafile = /ca.pem"} - {line} & {*lines}


def test_a_password_that_is_not_shown():
    found = authtoken_section(connection(), Account(), None)
    assert "password: as given to Keystone" in found
    assert "\npassword" not in found


def test_the_section_of_the_cloud_logs_in_as_the_same_user(tmp_path):
    """It has each name of ours, and the region of the notifications."""
    text = cloud_section(connection(), Account(), "a$b")
    path = tmp_path / "concertim.conf"
    path.write_text(text + "\n")
    conf = options.new()
    conf([], default_config_files=[str(path)])
    assert [*options.misnomers(conf)] == []
    (region,) = regions.configured(conf)
    assert region.region_name == "north"
    assert regions.account(conf, region) == (
        f"user concertim of [cloud], auth_url {URL}"
    )
    assert conf.cloud.password == "a$b"


def test_the_section_of_the_cloud_without_its_password():
    text = cloud_section(connection("/ca.pem"), Account(), None)
    assert text.startswith("[cloud]\n")
    assert "\npassword" not in text
    assert "cafile = /ca.pem" in text.splitlines()
