"""How Neutron deletes networks, ports, floating IPs and interfaces."""

from __future__ import annotations

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.faults import neutron_error

_AUTOMATIC = (
    "network:dhcp",
    "network:distributed",
    "network:floatingip_agent_gateway",
)
_INTERFACES = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)
_OF_ROUTERS = (
    *_INTERFACES,
    "network:router_gateway",
    "network:floatingip",
    "network:router_ha_interface",
    "network:router_centralized_snat",
)


_UNKNOWN = {
    "networks": ("NetworkNotFound", "Network {} could not be found."),
    "ports": ("PortNotFound", "Port {} could not be found."),
    "routers": ("RouterNotFound", "Router {} could not be found"),
    "floatingips": (
        "FloatingIPNotFound",
        "Floating IP {} could not be found",
    ),
}


def _one(call, collection, thing_id):
    """Return a thing that the caller may see. Raises Failed (404)."""
    things = getattr(call.site, collection)
    if thing_id not in things:
        kind, message = _UNKNOWN[collection]
        raise Failed(neutron_error(404, kind, message.format(thing_id)))
    return things[thing_id]


def _permit(call, thing, rule):
    own = thing["project_id"] == call.identity.project_id
    if call.identity.is_admin or (own and call.identity.may("member")):
        return
    message = f"rule:{rule} is disallowed by policy"
    raise Failed(neutron_error(403, "PolicyNotAuthorized", message))


def delete_network(call, network_id):
    network = _one(call, "networks", network_id)
    _permit(call, network, "delete_network")
    site = call.simulator.site
    on_it = [p for p in site.ports.values() if p["network_id"] == network_id]
    held = [p["id"] for p in on_it if p["device_owner"] not in _AUTOMATIC]
    if held:
        raise Failed(
            neutron_error(
                409,
                "NetworkInUse",
                f"Unable to complete operation on network {network_id}. "
                "There are one or more ports still in use on the network, "
                f"id for these ports is: {','.join(held)}.",
            )
        )
    for port in on_it:
        del site.ports[port["id"]]
    del site.networks[network_id]
    return Response(204, b"")


def delete_port(call, port_id):
    port = _one(call, "ports", port_id)
    _permit(call, port, "delete_port")
    site = call.simulator.site
    owner, device = port["device_owner"], port["device_id"]
    holders = (
        site.floatingips if owner == "network:floatingip" else site.routers
    )
    if owner in _OF_ROUTERS and device in holders:
        raise Failed(
            neutron_error(
                409,
                "ServicePortInUse",
                f"Port {port_id} cannot be deleted directly via the port "
                f"API: has device owner {owner}.",
            )
        )
    _free(site, port)
    return Response(204, b"")


def _free(site, port):
    """Delete a port: its floating IPs stay, and lead nowhere."""
    for address in site.floatingips.values():
        if address["port_id"] == port["id"]:
            address.update(
                port_id=None,
                fixed_ip_address=None,
                router_id=None,
                status="DOWN",
                updated_at=site.stamp(),
            )
    server = site.servers.get(port["device_id"])
    addresses = {fixed["ip_address"] for fixed in port["fixed_ips"]}
    for name, known in [*(server or {}).get("addresses", {}).items()]:
        left = [a for a in known if a["addr"] not in addresses]
        server["addresses"][name] = left
        if not left:
            del server["addresses"][name]
    del site.ports[port["id"]]


def delete_floating_ip(call, address_id):
    address = _one(call, "floatingips", address_id)
    _permit(call, address, "delete_floatingip")
    del call.simulator.site.floatingips[address_id]
    return Response(204, b"")


# Interfaces of routers


def remove_interface(call, router_id):
    body = call.json()
    router = _one(call, "routers", router_id)
    _permit(call, router, "remove_router_interface")
    port = _interface(call.simulator.site, router_id, body)
    subnets = [fixed["subnet_id"] for fixed in port["fixed_ips"]]
    _check_unneeded(call.simulator.site, router_id, port, subnets)
    del call.simulator.site.ports[port["id"]]
    return Response(
        200,
        {
            "id": router_id,
            "tenant_id": port["project_id"],
            "project_id": port["project_id"],
            "port_id": port["id"],
            "network_id": port["network_id"],
            "subnet_id": subnets[0],
            "subnet_ids": subnets,
        },
    )


def _interface(site, router_id, body):
    body = body if isinstance(body, dict) else {}
    port_id, subnet_id = body.get("port_id"), body.get("subnet_id")
    if not port_id and not subnet_id:
        raise Failed(
            neutron_error(
                400,
                "BadRequest",
                "Bad router request: Either subnet_id or port_id must be "
                "specified.",
            )
        )
    for port in site.ports.values():
        subnets = [fixed["subnet_id"] for fixed in port["fixed_ips"]]
        if (
            port["device_id"] == router_id
            and port["device_owner"] in _INTERFACES
            and port_id in (None, port["id"])
            and (port_id or subnet_id in subnets)
        ):
            return port
    if port_id:
        raise Failed(
            neutron_error(
                404,
                "RouterInterfaceNotFound",
                f"Router {router_id} does not have an interface with id "
                f"{port_id}",
            )
        )
    raise Failed(
        neutron_error(
            404,
            "RouterInterfaceNotFoundForSubnet",
            f"Router {router_id} has no interface on subnet {subnet_id}",
        )
    )


def _check_unneeded(site, router_id, interface, subnets):
    """Raise Failed (409) if a floating IP leads through an interface.

    One of no router is taken for one of this: a site makes them so.
    """
    for address in site.floatingips.values():
        port = site.ports.get(address["port_id"])
        if port is None or address["router_id"] not in (None, router_id):
            continue
        behind = [fixed["subnet_id"] for fixed in port["fixed_ips"]]
        same = port["network_id"] == interface["network_id"]
        if same and set(behind) & set(subnets):
            raise Failed(
                neutron_error(
                    409,
                    "RouterInterfaceInUseByFloatingIP",
                    f"Router interface for subnet {subnets[0]} on router "
                    f"{router_id} cannot be deleted, as it is required by "
                    "one or more floating IPs.",
                )
            )


ROUTES = (
    ("DELETE", "v2.0/networks/{network}", delete_network),
    ("DELETE", "v2.0/ports/{port}", delete_port),
    ("DELETE", "v2.0/floatingips/{address}", delete_floating_ip),
    (
        "PUT",
        "v2.0/routers/{router}/remove_router_interface",
        remove_interface,
    ),
)
