"""What a real cloud says is left in a project, and to whom."""

from __future__ import annotations

import contextlib
import secrets
import uuid

import pytest

from concertim_api import bootstrap
from concertim_api.clouds import openstack
from concertim_api.domain.errors import Unasked
from tests.integration.conftest import ON_THE_CLOUD
from tests.waiting import wait_for

pytestmark = ON_THE_CLOUD


@pytest.fixture(scope="module")
def project(cloud):
    made = cloud.project(f"CM_left_{uuid.uuid4().hex[:8]}")
    yield made
    made.leave()


@pytest.fixture(scope="module")
def member(cloud, project):
    """What its member makes things with."""
    return cloud.connect(**project.login)


@pytest.fixture(scope="module")
def ask(cloud):
    """Return what asks the cloud, as its administrator or somebody else."""

    def ask(**login):
        conf = bootstrap.unread()
        conf([], default_config_files=[])
        auth = {**cloud.login["auth"], **login}
        options = {"auth_type": "v3password", "regions": [cloud.region]}
        for name, value in {**options, **auth}.items():
            conf.set_override(name, value, "cloud")
        (region,) = openstack.clouds(conf, bootstrap.SystemClock())
        return region.actions().remains

    return ask


@contextlib.contextmanager
def server(member, cloud):
    made = member.compute.create_server(
        name="left",
        image_id=member.image.find_image("cirros").id,
        flavor_id=member.compute.find_flavor("m1.tiny").id,
        networks="none",
    )
    member.compute.wait_for_server(made)
    yield "instance", made.id
    member.compute.delete_server(made)
    member.compute.wait_for_delete(made)


@contextlib.contextmanager
def volume(member, cloud):
    made = member.block_storage.create_volume(name="left", size=1)
    member.block_storage.wait_for_status(made, "available")
    yield "volume", made.id
    member.block_storage.delete_volume(made)
    member.block_storage.wait_for_delete(made)


@contextlib.contextmanager
def network(member, cloud):
    made = member.network.create_network(name="left")
    yield "network", made.id
    member.network.delete_network(made)


@contextlib.contextmanager
def router(member, cloud):
    made = member.network.create_router(name="left")
    yield "router", made.id
    member.network.delete_router(made)


@contextlib.contextmanager
def floating_ip(member, cloud):
    outside = member.network.find_network("public")
    made = member.network.create_ip(floating_network_id=outside.id)
    yield "floating_ip", made.id
    member.network.delete_ip(made)


@contextlib.contextmanager
def port(member, cloud):
    """On a network of another project."""
    network = cloud.admin.network.create_network(name="theirs")
    made = cloud.admin.network.create_port(
        name="left",
        network_id=network.id,
        project_id=member.current_project_id,
    )
    yield "port", made.id
    cloud.admin.network.delete_port(made)
    cloud.admin.network.delete_network(network)


def image_with(**fields):
    @contextlib.contextmanager
    def image(member, cloud):
        answer = member.image.post(
            "/images", json={"name": "left", "disk_format": "raw", **fields}
        )
        yield "image", answer.json()["id"]
        member.image.delete_image(answer.json()["id"])

    return image


@contextlib.contextmanager
def stack(member, cloud):
    template = {"heat_template_version": "2018-08-31"}
    made = member.orchestration.create_stack(name="left", template=template)
    wait_for(
        "the stack to be complete",
        lambda: member.orchestration.get_stack(made.id).status,
        lambda status: status.endswith("COMPLETE"),
    )
    yield "stack", made.id
    member.orchestration.delete_stack(made)
    wait_for(
        "the stack to be gone",
        lambda: [*member.orchestration.stacks()],
        lambda stacks: not stacks,
    )


MAKERS = {
    "server": server,
    "volume": volume,
    "network": network,
    "router": router,
    "floating IP": floating_ip,
    "port": port,
    "private image": image_with(visibility="private"),
    "community image": image_with(visibility="community"),
    "hidden image": image_with(os_hidden=True),
    "stack": stack,
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("what", MAKERS)
def test_what_is_there_is_left_and_nothing_else(
    ask, cloud, project, member, what
):
    remains = ask()
    assert list(remains.of(project.id)) == []
    with MAKERS[what](member, cloud) as (kind, thing_id):
        left = {row.kind: row.id for row in remains.of(project.id)}
    assert left == {kind: thing_id}
    assert list(remains.of(project.id)) == []


def test_a_snapshot_of_a_volume(ask, project, member):
    with volume(member, None) as (_, volume_id):
        storage = member.block_storage
        made = storage.create_snapshot(volume_id=volume_id, name="left")
        storage.wait_for_status(made, "available")
        kinds = {row.kind for row in ask().of(project.id)}
        storage.delete_snapshot(made)
        storage.wait_for_delete(made)
    assert kinds == {"volume", "snapshot"}


def test_who_sees_no_other_projects_is_not_believed(
    ask, cloud, project, member
):
    """The services answer such a user with empty lists."""
    with network(member, cloud), cloud.person("reader") as person:
        login = {
            "username": person.name,
            "password": person.password,
            "project_name": person.project.name,
        }
        with pytest.raises(Unasked, match="admin_roles"):
            ask(**login).of(project.id)
        theirs = cloud.connect(**login)
        assert not [*theirs.network.networks(project_id=project.id)]


def test_nothing_is_left_where_there_never_was_a_project(ask):
    assert list(ask().of(secrets.token_hex(16))) == []
