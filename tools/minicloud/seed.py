"""Give the new cloud what a small one has: flavors, an image, networks."""

import os
import time

import openstack

PARTS = os.environ["PARTS"].split()

#: name, vcpus, MiB of memory, GiB of disk
FLAVORS = (
    ("m1.tiny", 1, 512, 1),
    ("m1.small", 1, 2048, 20),
    ("m1.medium", 2, 4096, 40),
    ("m1.large", 4, 8192, 80),
)


def seed_flavors(compute):
    for name, vcpus, ram, disk in FLAVORS:
        if not compute.find_flavor(name):
            compute.create_flavor(name=name, vcpus=vcpus, ram=ram, disk=disk)


def seed_image(image):
    if not image.find_image("cirros"):
        image.create_image(
            "cirros",
            disk_format="raw",
            container_format="bare",
            data=b"x" * 1024,
            visibility="public",
            validate_checksum=False,
            wait=True,
        )


def seed_volume_types(block_storage):
    for name in ("ssd", "hdd"):
        if not block_storage.find_type(name):
            block_storage.create_type(name=name, extra_specs={"media": name})


def seed_networks(network):
    public = network.find_network("public")
    if not public:
        public = network.create_network(
            name="public",
            is_router_external=True,
            provider_network_type="flat",
            provider_physical_network="physext",
        )
        network.create_subnet(
            network_id=public.id,
            ip_version=4,
            cidr="198.51.100.0/24",
            is_dhcp_enabled=False,
        )
    if network.find_network("private"):
        return
    private = network.create_network(name="private", is_shared=True)
    subnet = network.create_subnet(
        network_id=private.id,
        ip_version=4,
        cidr="10.20.0.0/16",
        name="private4",
    )
    router = network.create_router(
        name="r1", external_gateway_info={"network_id": public.id}
    )
    network.add_interface_to_router(router, subnet_id=subnet.id)


def await_hypervisors(compute):
    """Wait until every host can be used.

    It can be once the scheduler's periodic task has mapped it into its cell,
    and only then does it show as a hypervisor.
    """
    for _ in range(90):
        if len(list(compute.hypervisors())) >= int(os.environ["COMPUTES"]):
            return
        time.sleep(1)
    raise SystemExit("compute hosts were not mapped into their cell")


def main():
    cloud = openstack.connect(load_envvars=True)
    if "glance" in PARTS:
        seed_image(cloud.image)
    if "cinder" in PARTS:
        seed_volume_types(cloud.block_storage)
    if "neutron" in PARTS:
        seed_networks(cloud.network)
    seed_flavors(cloud.compute)
    await_hypervisors(cloud.compute)


if __name__ == "__main__":
    main()
