"""Key pairs, quotas, limits and statistics: ours are the real cloud's.

With tokens of its Keystone, sent on to its Nova, Cinder and Neutron.
"""

from __future__ import annotations

import uuid

import pytest

from concertim_api import bootstrap
from concertim_api.client import Client, errors
from concertim_api.db import schema
from tests.functional.osc.conftest import served
from tests.integration.conftest import ON_THE_CLOUD
from tests.waiting import wait_for, wait_until_same

pytestmark = ON_THE_CLOUD

#: What tells the sizes of hypervisors; see the driver.
SIZES = "2.87"


@pytest.fixture(scope="module")
def project(cloud):
    made = cloud.project(f"allowances_{uuid.uuid4().hex[:8]}")
    yield made
    made.leave()


@pytest.fixture(scope="module")
def other(cloud):
    made = cloud.project(f"others_{uuid.uuid4().hex[:8]}")
    yield made
    made.leave()


@pytest.fixture(scope="module")
def guard(cloud):
    """The login of the user by which the API asks Keystone.

    It has the role *service*, as the installation guide says: its token goes
    along with the caller's, and Nova takes it from nobody else.
    """
    identity = cloud.admin.identity
    name, password = f"concertim-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    user = identity.create_user(
        name=name, password=password, domain_id="default"
    )
    project = identity.find_project("service")
    role = identity.find_role("service")
    identity.assign_project_role_to_user(project, user, role)
    yield {
        **cloud.login["auth"],
        "username": name,
        "password": password,
        "project_name": "service",
    }
    identity.delete_user(user)


def lines(login):
    """Return the lines of a configuration file that log in."""
    return [
        "auth_type = v3password",
        *(f"{name} = {value}" for name, value in login.items()),
    ]


@pytest.fixture(scope="module")
def url(cloud, guard, tmp_path_factory):
    """Serve the API to who has a token of the cloud's Keystone."""
    place = tmp_path_factory.mktemp("api")
    auth = cloud.login["auth"]
    file = place / "concertim.conf"
    file.write_text(
        "\n".join(
            [
                *("[DEFAULT]", f"state_path = {place}"),
                *("[keystone_authtoken]", *lines(guard)),
                f"www_authenticate_uri = {auth['auth_url']}",
                *("[cloud]", *lines(auth), f"regions = {cloud.region}"),
            ]
        )
    )
    conf = bootstrap.unread()
    conf([], default_config_files=[str(file)])
    schema.sync(conf)
    services = bootstrap.services(conf, bootstrap.clouds(conf))
    try:
        with served(bootstrap.api(conf, services)) as found:
            yield found
    finally:
        services.store.close()


def client(session, url):
    return Client(session, endpoint_override=url, retries=0)


@pytest.fixture(scope="module")
def member(project, url):
    return client(project.session, url)


@pytest.fixture(scope="module")
def admin(cloud, url):
    return client(cloud.admin.session, url)


# Key pairs


def theirs(project):
    """Return what Nova tells of a user's key pairs."""
    return {
        (pair.name, pair.type, pair.fingerprint)
        for pair in project.compute.keypairs()
    }


def ours(concertim):
    return {
        (pair["name"], pair["type"], pair["fingerprint"])
        for pair in concertim.keypairs.list()
    }


def compare_key_pairs(member, project):
    wait_until_same(
        "key pairs",
        api=lambda: ours(member),
        nova=lambda: theirs(project),
    )


def test_the_life_of_a_key_pair(member, project, cloud):
    compare_key_pairs(member, project)
    made = member.keypairs.create("made-by-nova")
    assert made["private_key"].startswith("-----BEGIN ")
    assert made["region"] == cloud.region
    known = project.compute.get_keypair("made-by-nova")
    assert known.fingerprint == made["fingerprint"]
    assert known.public_key == made["public_key"]
    shown = member.keypairs.get("made-by-nova")
    assert shown["public_key"] == known.public_key
    assert "private_key" not in shown
    compare_key_pairs(member, project)
    member.keypairs.delete("made-by-nova")
    member.keypairs.delete("made-by-nova")
    with pytest.raises(errors.NotFound):
        member.keypairs.get("made-by-nova")
    compare_key_pairs(member, project)


def test_a_key_that_is_handed_in_again(member, project):
    key = project.compute.get_keypair("key").public_key
    name = "ada@laptop.example"
    made = member.keypairs.create(name, public_key=key)
    assert made["private_key"] is None
    words = key.split()[:2]
    again = member.keypairs.create(
        name, public_key=" ".join([*words, "another", "comment"])
    )
    assert again == made
    compare_key_pairs(member, project)
    another = member.keypairs.create("another")["public_key"]
    with pytest.raises(errors.Conflict, match="There is another"):
        member.keypairs.create(name, public_key=another)
    with pytest.raises(errors.Conflict, match="shown only when it is made"):
        member.keypairs.create("another")
    for one in (name, "another"):
        member.keypairs.delete(one)
    compare_key_pairs(member, project)


@pytest.mark.parametrize("key", ["ssh-rsa", "ssh-rsa QUFB", "no key"])
def test_nova_says_what_is_no_key(member, key):
    with pytest.raises(errors.Invalid, match="Keypair data is invalid"):
        member.keypairs.create("wrong", public_key=key)


def test_nova_says_what_is_no_name(member):
    with pytest.raises(errors.Invalid, match="name"):
        member.keypairs.create("a/b")


def test_key_pairs_are_a_users_own(member, admin, other, url):
    names = {name for name, _, _ in ours(member)}
    member.keypairs.create("of-the-member")
    for stranger in (admin, client(other.session, url)):
        with pytest.raises(errors.NotFound):
            stranger.keypairs.get("of-the-member")
        stranger.keypairs.delete("of-the-member")
    assert {name for name, _, _ in ours(member)} == {*names, "of-the-member"}
    member.keypairs.delete("of-the-member")


# Quotas and limits


@pytest.fixture(scope="module")
def filled(cloud, project):
    """The project, with a volume, a network, and quotas of its own: but for
    Nova's, which in the mini cloud counts nothing."""
    admin = cloud.admin
    admin.block_storage.update_quota_set(project.id, volumes=3)
    admin.network.update_quota(project.id, routers=-1, networks=4)
    volume = project.volumes.create_volume(name="data", size=2)
    project.await_volume(volume.id, "available")
    network = admin.network.create_network(name="n", project_id=project.id)
    yield project
    admin.network.delete_network(network.id)
    project.delete_volumes(volume.id)


def told(cloud, project_id):
    """Return (service, name) -> limit, used and reserved, as the services
    tell."""
    sets = {
        "compute": cloud.get("compute", f"/os-quota-sets/{project_id}/detail"),
        "volume": cloud.get(
            "block_storage", f"/os-quota-sets/{project_id}?usage=true"
        ),
        "network": cloud.get("network", f"/quotas/{project_id}/details"),
    }
    return {
        (service, name): tuple(
            None if one[field] == -1 else one[field]
            for field in (
                "limit",
                "used" if service == "network" else "in_use",
                "reserved",
            )
        )
        for service, found in sets.items()
        for name, one in next(iter(found.values())).items()
        if name != "id"
    }


def shown(quotas):
    found = {
        (row["service"], row["name"]): (
            *(row["limit"], row["used"], row["reserved"]),
        )
        for row in quotas
    }
    found["compute", "ram"] = found.pop(("compute", "ram_mb"))
    return found


def test_quotas(member, admin, cloud, filled):
    # What Nova has left to Neutron, and to nobody.
    unlisted = {
        *("fixed_ips", "floating_ips", "networks", "security_groups"),
        *("security_group_rules", "injected_files"),
        *("injected_file_content_bytes", "injected_file_path_bytes"),
    }
    quotas = wait_until_same(
        "quotas",
        member=lambda: shown(member.quotas.list()),
        admin=lambda: shown(admin.quotas.list(project_id=filled.id)),
        cloud=lambda: {
            (service, name): values
            for (service, name), values in told(cloud, filled.id).items()
            if service != "compute" or name not in unlisted
        },
    )
    assert quotas["volume", "volumes"] == (3, 1, 0)
    assert quotas["volume", "gigabytes"][1] == 2
    assert quotas["network", "router"][0] is None
    assert quotas["network", "network"][:2] == (4, 1)


def test_quotas_of_others(member, admin, other):
    with pytest.raises(errors.NotFound):
        member.quotas.list(project_id=other.id)
    assert admin.quotas.list(project_id=other.id)


def test_quotas_of_nobody(admin):
    with pytest.raises(errors.NotFound, match="Project"):
        admin.quotas.list(project_id=uuid.uuid4().hex)


def limits_of(member):
    return {
        (row["service"], row["name"]): (row["limit"], row["used"])
        for row in member.limits.list()
    }


def test_limits(member, filled):
    def by_nova():
        numbers = filled.compute.get_limits().absolute
        return {
            ("compute", name): tuple(
                None if value == -1 else value for value in values
            )
            for name, *values in (
                ("cores", numbers.total_cores, numbers.total_cores_used),
                ("instances", numbers.instances, numbers.instances_used),
                ("ram_mb", numbers.total_ram, numbers.total_ram_used),
            )
        }

    limits = limits_of(member)
    wait_until_same(
        "limits",
        api=lambda: {place: limits_of(member)[place] for place in by_nova()},
        nova=by_nova,
    )
    cinder = filled.volumes.get_limits().absolute
    assert limits["volume", "volumes"] == (3, 1)
    assert cinder.max_total_volume_gigabytes == -1
    assert limits["volume", "gigabytes"] == (None, 2)
    kind = "compute", "key_pairs"
    assert limits[kind][0] == shown(member.quotas.list())[kind][0]


# Statistics


def hypervisors(cloud):
    found = cloud.get("compute", "/os-hypervisors/detail", SIZES)
    return found["hypervisors"]


#: What the API calls what Nova tells of a hypervisor.
NUMBERS = {
    "vcpus": "vcpus",
    "vcpus_used": "vcpus_used",
    "ram_mb": "memory_mb",
    "ram_used_mb": "memory_mb_used",
    "disk_gb": "local_gb",
    "disk_used_gb": "local_gb_used",
    "running_vms": "running_vms",
}


def compare(admin, cloud, hosts, down=0):
    """Wait until the statistics are the sums of what Nova tells of some
    hosts; return them."""

    def by_nova():
        rows = [
            row
            for row in hypervisors(cloud)
            if row["service"]["host"] in hosts
        ]
        return {
            "hypervisors": len(rows),
            "hypervisors_down": down,
            **{
                name: sum(row[novas] for row in rows)
                for name, novas in NUMBERS.items()
            },
        }

    def by_the_api():
        numbers = admin.statistics.get()
        assert numbers["region"] == cloud.region
        return {name: numbers[name] for name in by_nova()}

    return wait_until_same("statistics", api=by_the_api, nova=by_nova)


def await_hosts(cloud):
    """Wait until all hypervisors are up; return their hosts."""
    rows = wait_for(
        "all hypervisors to be up",
        lambda: hypervisors(cloud),
        lambda rows: {row["state"] for row in rows} == {"up"},
    )
    return [row["service"]["host"] for row in rows]


def test_statistics(admin, cloud):
    assert compare(admin, cloud, await_hosts(cloud))["vcpus"] > 0


def test_a_hypervisor_that_is_disabled_has_no_capacity(admin, cloud):
    compute = cloud.admin.compute
    first, *rest = hosts = await_hosts(cloud)
    (service,) = compute.services(binary="nova-compute", host=first)
    compute.disable_service(service)
    try:
        compare(admin, cloud, rest, down=1)
    finally:
        compute.enable_service(service)
    compare(admin, cloud, hosts)


# Who did it


def test_what_was_done_is_on_record(member, project, admin):
    made = member.keypairs.create("recorded")
    member.keypairs.delete("recorded")
    found = admin._http.get("/v1/operations", {"noun": "key_pair"})
    done = [
        (row["action"], row["state"], row["user_id"], row["project_id"])
        for row in found["operations"]
        if row["name"] == "recorded"
    ]
    assert sorted(done) == [
        ("create", "done", project.user_id, project.id),
        ("delete", "done", project.user_id, project.id),
    ]
    secret = made["private_key"].splitlines()[1]
    assert secret not in str(found)
