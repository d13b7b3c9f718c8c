"""Give every service a user and a place in the catalogue.

Running it twice changes nothing.
"""

import os

import openstack

REGION = os.environ["REGION"]
PASSWORD = os.environ["PASSWORD"]
PARTS = os.environ["PARTS"].split()

#: user -> its services: (type, variable of the port, path)
SERVICES = {
    "placement": [("placement", "PLACEMENT_PORT", "")],
    "glance": [("image", "GLANCE_PORT", "")],
    "nova": [("compute", "NOVA_PORT", "/v2.1")],
    "neutron": [("network", "NEUTRON_PORT", "")],
    "cinder": [("block-storage", "CINDER_PORT", "/v3/%(project_id)s")],
    "heat": [("orchestration", "HEAT_PORT", "/v1/%(tenant_id)s")],
    "ironic": [("baremetal", "IRONIC_PORT", "")],
    "gnocchi": [("metric", "GNOCCHI_PORT", "")],
    "cloudkitty": [("rating", "CLOUDKITTY_PORT", "")],
    "ceilometer": [],
}
ROLES = ("creator", "heat_stack_owner", "heat_stack_user", "rating")


def ensure_roles(identity):
    roles = {role.name: role for role in identity.roles()}
    for name in ROLES:
        if name not in roles:
            roles[name] = identity.create_role(name=name)
    return roles


def ensure_user(identity, name, project, roles):
    user = identity.find_user(name, domain_id="default")
    if user is None:
        user = identity.create_user(
            name=name, password=PASSWORD, domain_id="default"
        )
    wanted = ["admin", "service"]
    if name == "cloudkitty":
        wanted.append("rating")
    for role in wanted:
        identity.assign_project_role_to_user(project, user, roles[role])


def ensure_service(identity, name, kind, port, path):
    services = identity.services(name=name, type=kind)
    service = next(services, None)
    if service is None:
        service = identity.create_service(name=name, type=kind)
    if any(identity.endpoints(service_id=service.id)):
        return
    for interface in ("public", "internal", "admin"):
        identity.create_endpoint(
            service_id=service.id,
            interface=interface,
            region_id=REGION,
            url=f"http://127.0.0.1:{os.environ[port]}{path}",
        )


def ensure_heat_domain(identity, roles):
    """Heat keeps the users of its stacks in a domain of their own."""
    if identity.find_domain("heat"):
        return
    domain = identity.create_domain(name="heat")
    admin = identity.create_user(
        name="heat_domain_admin", password=PASSWORD, domain_id=domain.id
    )
    identity.assign_domain_role_to_user(domain, admin, roles["admin"])


def main():
    identity = openstack.connect(load_envvars=True).identity
    roles = ensure_roles(identity)
    project = identity.find_project("service")
    if project is None:
        project = identity.create_project(name="service", domain_id="default")
    for name, services in SERVICES.items():
        if name not in PARTS:
            continue
        ensure_user(identity, name, project, roles)
        for kind, port, path in services:
            ensure_service(identity, name, kind, port, path)
    if "heat" in PARTS:
        ensure_heat_domain(identity, roles)


if __name__ == "__main__":
    main()
