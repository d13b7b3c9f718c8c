"""Which clouds the configuration names, and how it says what is wrong."""

from __future__ import annotations

import pytest
import yaml
from keystoneauth1 import loading

from concertim_api.clouds import openstack
from concertim_api.domain.errors import Invalid
from concertim_api.services.cloud.reading import NotLetIn
from tests.functional.clouds.conftest import listed


def regions(conf, clock):
    return [cloud.region for cloud in openstack.clouds(conf, clock)]


@pytest.fixture
def write(tmp_path):
    def write(**clouds):
        path = tmp_path / "clouds.yaml"
        path.write_text(yaml.safe_dump({"clouds": clouds}))
        return str(path)

    return write


LOGIN = {
    "auth": {
        "auth_url": "http://127.0.0.1:1/v3",
        "username": "admin",
        "password": "battery staple",
        "project_name": "admin",
        "user_domain_id": "default",
        "project_domain_id": "default",
    }
}


def test_no_cloud_is_configured(simulator, clock):
    conf = simulator.conf(auth_type=None)
    assert openstack.clouds(conf, clock) == []


def test_several_regions_with_one_login(simulator, clock):
    conf = simulator.conf(regions=["north", "south"])
    assert regions(conf, clock) == ["north", "south"]
    assert simulator.requests == []


def test_a_cloud_of_clouds_yaml(simulator, clock, tmp_path):
    path = simulator.clouds_yaml(tmp_path / "clouds.yaml", "mini")
    conf = simulator.conf(clouds=["mini"], clouds_file=path, auth_type=None)
    (cloud,) = openstack.clouds(conf, clock)
    assert cloud.region == "RegionOne"
    assert simulator.requests == []
    assert len(listed(cloud, "project")[0]) == 1


def test_a_wrong_password_of_clouds_yaml(simulator, clock, write):
    """The cloud in the file is named, and its user."""
    url = f"{simulator.url}/identity/v3"
    auth = {**LOGIN["auth"], "auth_url": url}
    path = write(mini={"auth": auth, "region_name": simulator.region})
    conf = simulator.conf(clouds=["mini"], clouds_file=path)
    (cloud,) = openstack.clouds(conf, clock)
    with pytest.raises(NotLetIn) as error:
        listed(cloud, "network")
    assert error.value.detail == (
        f"user admin of [cloud] clouds: mini, auth_url {url}"
    )


def test_clouds_yaml_may_say_where_a_service_is(simulator, clock, tmp_path):
    path = simulator.clouds_yaml(
        tmp_path / "clouds.yaml",
        network_endpoint_override=f"{simulator.url}/network/v2.0",
    )
    del simulator.services["network"]
    conf = simulator.conf(clouds=["simulated"], clouds_file=path)
    (cloud,) = openstack.clouds(conf, clock)
    listed(cloud, "network")


def test_all_regions_of_a_cloud_or_one(simulator, clock, write):
    path = write(
        big={
            **LOGIN,
            "regions": ["north", {"name": "south", "values": {}}],
        },
        small={**LOGIN, "region_name": "west"},
    )
    for clouds, expected in (
        (["big"], ["north", "south"]),
        (["big:south"], ["south"]),
        (["small", "big:north"], ["west", "north"]),
    ):
        conf = simulator.conf(clouds=clouds, clouds_file=path)
        assert regions(conf, clock) == expected


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"clouds": ["x"]}, r"\[cloud\] clouds: clouds.yaml has no cloud 'x'"),
        ({"clouds": ["a", "b"]}, "two of them are in a region 'north'"),
        ({"clouds": ["bare"]}, "bare has no region_name"),
        ({"clouds": ["lame"]}, "lame: .*auth_url"),
        ({"clouds": ["odd"]}, "odd: .*nonsense"),
        ({"clouds": ["twice:elsewhere"]}, "twice: .*elsewhere"),
        ({"clouds": ["a"], "clouds_file": "/nowhere"}, "No such file"),
        ({"regions": ["a", "a"]}, r"\[cloud\] regions: two of them"),
        ({"auth_type": "nonsense"}, "there is no plugin 'nonsense'"),
        ({"auth_url": None}, r"\[cloud\] auth_type: .*auth_url"),
    ],
)
def test_what_is_wrong_is_named(simulator, clock, write, options, problem):
    bare = {k: v for k, v in LOGIN["auth"].items() if k != "auth_url"}
    path = write(
        a={**LOGIN, "region_name": "north"},
        b={**LOGIN, "region_name": "north"},
        bare=LOGIN,
        lame={"auth": bare, "region_name": "south"},
        odd={**LOGIN, "auth_type": "nonsense", "region_name": "south"},
        twice={**LOGIN, "regions": ["north", "south"]},
    )
    conf = simulator.conf(**{"clouds_file": path, **options})
    with pytest.raises(Invalid, match=problem) as failed:
        openstack.clouds(conf, clock)
    assert "battery" not in str(failed.value)


def test_a_file_that_is_no_yaml(simulator, clock, tmp_path):
    path = tmp_path / "clouds.yaml"
    path.write_text("clouds:\n  a: {password: [battery}")
    conf = simulator.conf(clouds=["a"], clouds_file=str(path))
    with pytest.raises(
        Invalid, match=r"\[cloud\] clouds_file: .*line 2: it is no YAML"
    ) as failed:
        openstack.clouds(conf, clock)
    assert "battery" not in str(failed.value)


def test_other_plugins_bring_their_own_options(simulator, clock):
    conf = simulator.conf(
        auth_type="v3applicationcredential",
        application_credential_id="id",
        application_credential_secret="battery",
    )
    assert regions(conf, clock) == ["RegionOne"]
    conf = simulator.conf(auth_type="v3token")
    assert regions(conf, clock) == ["RegionOne"]


def test_credentials_may_be_those_of_another_section(simulator, clock):
    conf = simulator.conf(auth_section="shared")
    loading.register_auth_conf_options(conf, "shared")
    conf.set_override("auth_type", "none", "shared")
    assert regions(conf, clock) == ["RegionOne"]


def test_a_refused_login_of_another_section_names_it(simulator, clock):
    conf = simulator.conf(auth_section="shared")
    login = {**simulator.login(), "password": "battery staple"}
    options = loading.get_auth_plugin_conf_options("v3password")
    loading.register_auth_conf_options(conf, "shared")
    conf.register_opts(options, "shared")
    for name, value in login.items():
        conf.set_override(name, value, "shared")
    (cloud,) = openstack.clouds(conf, clock)
    with pytest.raises(NotLetIn) as error:
        listed(cloud, "network")
    assert error.value.detail.startswith("user admin of [shared], auth_url ")


def test_certificates_are_checked_unless_told_otherwise(simulator, clock):
    for options, verify in (
        ({}, True),
        ({"cafile": "/ca.pem"}, "/ca.pem"),
        ({"insecure": True}, False),
    ):
        (cloud,) = openstack.clouds(simulator.conf(**options), clock)
        service = cloud._compute._api.service
        assert service._adapter.session.verify == verify
        assert service._adapter.session.timeout == 60
