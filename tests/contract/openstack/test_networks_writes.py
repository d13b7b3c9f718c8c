"""Networks: what the simulated OpenStack does when it is told to."""

from __future__ import annotations

import pytest

from tests.contract.openstack.said import neutron_says


@pytest.fixture
def network(site, project):
    return site.add_network(project, "net")


@pytest.fixture
def port(site, network, server):
    return site.add_port(network, server)


@pytest.fixture
def interface(site, project, network):
    """The port by which a router reaches the network."""
    router = site.add_router(project, "way-out")
    return site.add_port(
        network,
        device_owner="network:router_interface",
        device_id=router["id"],
    )


@pytest.fixture
def address(site, network, port, interface):
    return site.add_floating_ip(
        network, port, router_id=interface["device_id"]
    )


def ids(client, collection, query):
    response = client("GET", "network", f"/{collection}?{query}")
    return {thing["id"] for thing in response.json()[collection]}


def test_ports_and_addresses_are_found(
    site, member, network, port, interface, address, project
):
    other = site.add_port(site.add_network(project, "other"))
    both = {port["id"], interface["id"]}
    assert ids(member, "ports", f"network_id={network['id']}") == both
    assert other["id"] in ids(member, "ports", "")
    query = f"network_id={network['id']}&device_owner=compute:nova"
    assert ids(member, "ports", query) == {port["id"]}
    query = f"port_id={other['id']}"
    assert ids(member, "floatingips", query) == set()
    query += f"&port_id={port['id']}"
    assert ids(member, "floatingips", query) == {address["id"]}
    response = member("GET", "network", f"/networks/{network['id']}")
    assert response.json()["network"]["name"] == "net"


def test_a_network_with_ports_is_kept(site, member, network, port):
    path = f"/networks/{network['id']}"
    response = member("DELETE", "network", path)
    neutron_says(response, 409, "NetworkInUse", port["id"])
    response = member("DELETE", "network", f"/ports/{port['id']}")
    assert (response.status_code, response.content) == (204, b"")
    dhcp = site.add_port(network, device_owner="network:dhcp")
    assert member("DELETE", "network", path).status_code == 204
    assert dhcp["id"] not in site.ports
    response = member("DELETE", "network", path)
    neutron_says(response, 404, "NetworkNotFound", network["id"])
    response = member("DELETE", "network", f"/ports/{port['id']}")
    neutron_says(response, 404, "PortNotFound", port["id"])


def test_an_interface_is_removed_by_its_router(
    site, member, interface, network
):
    path = f"/ports/{interface['id']}"
    response = member("DELETE", "network", path)
    neutron_says(
        response,
        409,
        "ServicePortInUse",
        "cannot be deleted directly via the port API: has device owner "
        "network:router_interface",
    )
    path = f"/routers/{interface['device_id']}/remove_router_interface"
    body = {"port_id": interface["id"]}
    response = member("PUT", "network", path, json=body)
    assert response.status_code == 200
    told = response.json()
    assert told["port_id"] == interface["id"]
    assert told["network_id"] == network["id"]
    assert interface["id"] not in site.ports
    response = member("PUT", "network", path, json=body)
    neutron_says(response, 404, "RouterInterfaceNotFound", interface["id"])
    response = member("PUT", "network", path, json={})
    neutron_says(response, 400, "BadRequest", "must be specified")
    path = "/routers/none/remove_router_interface"
    response = member("PUT", "network", path, json=body)
    neutron_says(response, 404, "RouterNotFound", "none")


def test_an_interface_stays_while_an_address_leads_through_it(
    site, member, interface, address, port
):
    path = f"/routers/{interface['device_id']}/remove_router_interface"
    body = {"port_id": interface["id"]}
    response = member("PUT", "network", path, json=body)
    kind = "RouterInterfaceInUseByFloatingIP"
    neutron_says(response, 409, kind, "required by one or more floating IPs")
    assert interface["id"] in site.ports
    member("DELETE", "network", f"/ports/{port['id']}")
    found = member("GET", "network", f"/floatingips/{address['id']}").json()
    assert found["floatingip"]["port_id"] is None  # it stays, and is free
    response = member("PUT", "network", path, json=body)
    assert response.status_code == 200
    path = f"/floatingips/{address['id']}"
    assert member("DELETE", "network", path).status_code == 204
    response = member("DELETE", "network", path)
    neutron_says(response, 404, "FloatingIPNotFound", address["id"])


def test_a_shared_network_is_seen_by_all_and_deleted_by_its_own(
    site, somebody, network
):
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    path = f"/networks/{network['id']}"
    response = stranger("DELETE", "network", path)
    neutron_says(response, 404, "NetworkNotFound", network["id"])
    network["shared"] = True
    response = stranger("DELETE", "network", path)
    neutron_says(response, 403, "PolicyNotAuthorized", "delete_network")
    assert network["id"] in site.networks
