"""Play what happens rarely, so that its notifications can be recorded.

Soft deletion needs RECLAIM_INSTANCE_INTERVAL (see record-rarities.sh). One
step that fails does not stop the others; the exit status tells.
"""

import base64
import contextlib
import secrets
import sys
import time

import stage
from stage import say

FAILED = []


@contextlib.contextmanager
def step(label):
    """Say what is done, and go on when it fails."""
    try:
        yield
        say(label)
    except Exception as exc:
        FAILED.append(label)
        say(f"FAILED {label}: {str(exc)[:200]}")


def tiny(member, name, **more):
    return member.await_server(member.boot(name, "m1.tiny", "none", **more))


def servers(admin, member):
    with step("soft-deleted, restored"):
        server = tiny(member, "regretted")
        member.compute.delete_server(server.id)
        member_sees(member, server, "SOFT_DELETED")
        admin.compute.restore_server(server.id)
        member_sees(member, server, "ACTIVE")
    with step("soft-deleted, deleted by force"):
        member.compute.delete_server(server.id)
        member_sees(member, server, "SOFT_DELETED")
        member.compute.delete_server(server.id, force=True)
        member.compute.wait_for_delete(server, interval=1, wait=60)
    with step("soft-deleted, reclaimed after its time"):
        server = tiny(member, "forgotten")
        member.compute.delete_server(server.id)
        admin.compute.wait_for_delete(server, interval=2, wait=180)
    with step("resized to what no host can give"):
        server = tiny(member, "ambitious")
        flavor = admin.compute.find_flavor("too-large")
        if not flavor:
            flavor = admin.compute.create_flavor(
                name="too-large", vcpus=1, ram=100_000_000, disk=1
            )
        with contextlib.suppress(Exception):
            member.compute.resize_server(server.id, flavor.id)
        time.sleep(5)
        member_sees(member, server, "ACTIVE")
    with step("backed up twice, the older one rotated away"):
        for number in range(2):
            member.compute.backup_server(
                server.id, f"nightly-{number}", "daily", rotation=1
            )
            time.sleep(3)
            member_sees(member, server, "ACTIVE")
    with step("crash dump, password, tags, reset state"):
        for call in (
            lambda: member.compute.trigger_server_crash_dump(server.id),
            lambda: member.compute.change_server_password(
                server.id, secrets.token_urlsafe()
            ),
            lambda: member.compute.add_tag_to_server(server.id, "blue"),
            lambda: admin.compute.reset_server_state(server.id, "error"),
            lambda: admin.compute.reset_server_state(server.id, "active"),
        ):
            with contextlib.suppress(Exception):
                call()
    with step("deleted by force with a volume attached"):
        volume = member.volume("extra", 1, "hdd")
        member.compute.create_volume_attachment(server.id, volume_id=volume.id)
        member.await_volume(volume, "in-use")
        member.compute.delete_server(server.id)
        member_sees(member, server, "SOFT_DELETED")
        member.compute.delete_server(server.id, force=True)
        member.compute.wait_for_delete(server, interval=1, wait=60)


def member_sees(member, server, status):
    time.sleep(1)
    return member.await_server(server, status, seconds=120)


def flavors(admin, member):
    with step("flavor made, changed, given to a project, deleted"):
        compute = admin.compute
        flavor = compute.create_flavor(
            name="hpc.private", vcpus=1, ram=512, disk=1, is_public=False
        )
        compute.flavor_add_tenant_access(flavor, member.project.id)
        compute.create_flavor_extra_specs(flavor, {"hpc:role": "trial"})
        compute.delete_flavor_extra_specs_property(flavor, "hpc:role")
        compute.put(
            f"/flavors/{flavor.id}",
            json={"flavor": {"description": "for a trial"}},
            microversion="2.55",
        )
        compute.flavor_remove_tenant_access(flavor, member.project.id)
        compute.delete_flavor(flavor)
    with step("keypair imported"):
        key = base64.b64encode(
            b"\0\0\0\x0bssh-ed25519\0\0\0 " + secrets.token_bytes(32)
        ).decode()
        member.compute.create_keypair(
            name="imported", public_key=f"ssh-ed25519 {key} nobody"
        )


def volumes(admin, member, other):
    storage = member.storage
    volume = member.volume("rare", 2, "hdd")
    with step("a volume handed over, with its snapshot"):
        snapshot = storage.create_snapshot(volume_id=volume.id, name="first")
        member.await_volume(snapshot)
        transfer = storage.create_transfer(volume_id=volume.id, name="gift")
        other.storage.accept_transfer(transfer.id, transfer.auth_key)
        other.await_volume(volume)
    owner, storage = other, other.storage
    with step("reverted to a snapshot"):
        storage.revert_volume_to_snapshot(volume, snapshot.id)
        time.sleep(2)
        owner.await_volume(volume)
    with step("snapshot updated, deleted"):
        storage.update_snapshot(snapshot, name="renamed")
        admin.block_storage.reset_snapshot_status(snapshot, "available")
        storage.delete_snapshot(snapshot.id)
        storage.wait_for_delete(snapshot, interval=1, wait=60)
    with step("retyped"):
        storage.retype_volume(volume, "ssd", "on-demand")
        time.sleep(3)
        owner.await_volume(volume)
    with step("cloned, extended, uploaded as an image"):
        clone = owner.volume("clone", 2, "ssd", source_volume_id=volume.id)
        storage.extend_volume(clone.id, 3)
        time.sleep(2)
        owner.await_volume(clone)
    with step("a volume that no backend can hold"):
        huge = storage.create_volume(
            name="huge", size=99_000_000, volume_type="ssd"
        )
        storage.wait_for_status(
            huge, "error", failures=[], interval=1, wait=60
        )
        storage.delete_volume(huge.id)
    with step("backed up, restored, backup deleted"):
        backup = storage.create_backup(volume_id=volume.id, name="weekly")
        storage.wait_for_status(
            backup, "available", failures=["error"], interval=1, wait=90
        )
        storage.restore_backup(backup, volume_id=clone.id)
        time.sleep(3)
        owner.await_volume(clone)
        storage.delete_backup(backup.id)
        storage.wait_for_delete(backup, interval=1, wait=60)
    with step("status reset, volume deleted by force"):
        admin.block_storage.reset_volume_status(
            clone.id, "error", "detached", "none"
        )
        admin.block_storage.delete_volume(clone.id, force=True)
    with step("type updated, with an extra spec more and less"):
        kind = admin.block_storage.create_type(name="nvme")
        admin.block_storage.update_type(kind, description="fast")
        admin.block_storage.update_type_extra_specs(kind, media="ssd")
        admin.block_storage.delete_type_extra_specs(kind, ["media"])
        admin.block_storage.delete_type(kind)


def networks(admin, member):
    network = member.network
    with step("networks, subnets and ports, in bulk"):
        made = network.post(
            "/networks",
            json={"networks": [{"name": f"bulk-{n}"} for n in (1, 2)]},
        ).json()["networks"]
        network.post(
            "/subnets",
            json={
                "subnets": [
                    {
                        "network_id": item["id"],
                        "ip_version": 4,
                        "cidr": f"10.9.{number}.0/24",
                    }
                    for number, item in enumerate(made)
                ]
            },
        )
        ports = list(
            network.create_ports(
                [
                    {"network_id": made[0]["id"], "name": f"port-{name}"}
                    for name in "abc"
                ]
            )
        )
    first = network.get_network(made[0]["id"])
    subnet = next(network.subnets(network_id=first.id))
    with step("network, subnet, port and router updated"):
        network.update_network(first, name="bulk-renamed")
        network.update_subnet(subnet, name="subnet-renamed")
        port = ports[0]
        network.update_port(port, name="port-renamed")
        public = network.find_network("public")
        router = network.create_router(name="rare")
        network.update_router(
            router,
            name="renamed",
            external_gateway_info={"network_id": public.id},
        )
        network.add_interface_to_router(router, subnet_id=subnet.id)
    with step("floating ip: bound, forwarding ports, freed, deleted"):
        address = network.create_ip(
            floating_network_id=public.id, port_id=port.id
        )
        network.update_ip(address, port_id=None)
        network.update_ip(address, description="spare")
        forwarding = admin.network.create_floating_ip_port_forwarding(
            address.id,
            internal_port_id=port.id,
            internal_ip_address=port.fixed_ips[0]["ip_address"],
            internal_port=22,
            external_port=2222,
            protocol="tcp",
        )
        admin.network.delete_floating_ip_port_forwarding(
            address.id, forwarding.id
        )
        network.delete_ip(address)
    with step("security group changed"):
        group = network.create_security_group(name="rare")
        network.update_security_group(group, name="renamed")
        network.delete_security_group(group)
    with step("subnet pool, address scope, sharing, metering"):
        scope = network.create_address_scope(name="rare", ip_version=4)
        pool = network.create_subnet_pool(
            name="rare", prefixes=["10.200.0.0/16"], default_prefix_length=24
        )
        network.update_subnet_pool(pool, name="renamed")
        network.delete_subnet_pool(pool)
        network.delete_address_scope(scope)
        sharing = network.create_rbac_policy(
            object_type="network",
            object_id=first.id,
            action="access_as_shared",
            target_project_id=admin.current_project_id,
        )
        network.delete_rbac_policy(sharing)
        label = admin.network.create_metering_label(name="rare")
        admin.network.delete_metering_label(label)
    with step("all of it deleted"):
        network.remove_interface_from_router(router, subnet_id=subnet.id)
        network.delete_router(router)
        for port in ports:
            network.delete_port(port)
        network.delete_subnet(subnet)
        network.delete_network(first)


def images(admin, member, other):
    with step("image shared, deactivated, downloaded, deleted"):
        image = member.cloud.image.create_image(
            "shared",
            disk_format="raw",
            container_format="bare",
            data=b"x" * 512,
            visibility="shared",
            validate_checksum=False,
            wait=True,
        )
        glance = member.cloud.image
        guest = glance.add_member(image, member_id=other.project.id)
        other.cloud.image.update_member(
            other.project.id, image.id, status="accepted"
        )
        other.cloud.image.download_image(image.id)
        glance.remove_member(guest, image.id)
        admin.image.deactivate_image(image.id)
        admin.image.reactivate_image(image.id)
        glance.update_image(image.id, name="shared-renamed")
        glance.delete_image(image.id)


GROWING = {
    "heat_template_version": "2018-08-31",
    "resources": {
        "group": {
            "type": "OS::Heat::AutoScalingGroup",
            "properties": {
                "min_size": 1,
                "max_size": 3,
                "resource": {"type": "OS::Heat::RandomString"},
            },
        },
        "policy": {
            "type": "OS::Heat::ScalingPolicy",
            "properties": {
                "adjustment_type": "change_in_capacity",
                "scaling_adjustment": 1,
                "auto_scaling_group_id": {"get_resource": "group"},
            },
        },
    },
}


def failing(action):
    return {
        "heat_template_version": "2018-08-31",
        "resources": {
            "part": {
                "type": "OS::Heat::TestResource",
                "properties": {"fail": action == "fail", "value": action},
            }
        },
    }


def stacks(member):
    heat = member.stacks
    with step("a stack that fails to start"):
        stack = heat.create_stack(name="broken", template=failing("fail"))
        heat.wait_for_status(
            heat.get_stack(stack.id), "CREATE_FAILED", ["CREATE_COMPLETE"]
        )
        member.delete_cluster(stack)
    with step("a stack that fails to change"):
        stack = heat.create_stack(name="fragile", template=failing("good"))
        member.await_stack(stack)
        heat.update_stack(stack.id, template=failing("fail"))
        heat.wait_for_status(
            heat.get_stack(stack.id), "UPDATE_FAILED", ["UPDATE_COMPLETE"]
        )
        member.delete_cluster(stack)
    with step("a stack that scales"):
        stack = heat.create_stack(name="growing", template=GROWING)
        member.await_stack(stack)
        heat.post(f"/stacks/growing/{stack.id}/resources/policy/signal")
        time.sleep(5)
    with step("a stack saved, restored"):
        base = f"/stacks/growing/{stack.id}/snapshots"
        saved = heat.post(base, json={"name": "saved"}).json()
        time.sleep(5)
        heat.post(f"{base}/{saved['id']}/restore")
        time.sleep(5)
        member.delete_cluster(heat.get_stack(stack.id))


def people(admin, member):
    identity = admin.identity
    with step("project disabled, enabled; user renamed, disabled"):
        identity.update_project(member.project, is_enabled=False)
        identity.update_project(member.project, is_enabled=True)
        identity.update_project(member.project, name="CM_renamed")
        identity.update_user(member.user, name="renamed")
        identity.update_user(member.user, is_enabled=False)
        identity.update_user(member.user, is_enabled=True)
    with step("region, credential, limit, role inference"):
        region = identity.create_region(id="elsewhere", description="far")
        identity.delete_region(region)
        credential = identity.create_credential(
            user_id=member.user.id,
            type="cert",
            blob="{}",
            project_id=member.project.id,
        )
        identity.delete_credential(credential)


def main():
    admin = stage.administrator()
    if not admin.image.find_image(stage.IMAGE):
        stage.upload_image(admin)
    tag = secrets.token_hex(2)
    member = stage.Member(admin, f"CM_rare_{tag}", f"rita-{tag}")
    other = stage.Member(admin, f"CM_other_{tag}", f"otto-{tag}")
    volumes(admin, member, other)
    networks(admin, member)
    images(admin, member, other)
    stacks(member)
    flavors(admin, member)
    servers(admin, member)
    people(admin, other)
    sys.exit(f"failed: {', '.join(FAILED)}" if FAILED else 0)


if __name__ == "__main__":
    main()
