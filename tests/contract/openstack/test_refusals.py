"""What the simulated OpenStack refuses: to whom, and in which words.

What is refused changes nothing; so one site is asked all of it.
"""

from __future__ import annotations

import copy

import pytest

from concertim_api.clouds.simulator import Simulator
from tests.contract.openstack.said import COMPUTE, Client, refusal

ACT = "compute /servers/{%s}/action"
GRANT = "identity /projects/%s/users/%s/roles/%s"
GIVEN = GRANT % ("{project}", "{member}", "role-member")
DETACH = "compute /servers/{%s}/os-volume_attachments/%s"
INTERFACE = "PUT network /routers/{router}/remove_router_interface"

#: Who, method, service[/microversion], path -> body -> status, kind, message.
KEYSTONE = {
    "admin POST identity /users": {
        '{"user": {"name": "ada"}}': "409 Conflict: Duplicate entry found",
        '{"user": {"name": "eve", "domain_id": "d"}}': "404 Not Found: domain",
        '{"user": {"email": "x"}}': "400 Bad Request: 'name' is a required",
        '{"user": {"name": ""}}': "400 Bad Request: '' should be non-empty",
        "{}": "400 Bad Request: 'user' is a required property",
    },
    "admin PATCH identity /users/{reader}": {
        '{"user": {"name": "ada"}}': "409 Conflict: found with name ada",
    },
    "admin GET identity /users/x": {"": "404 error: user x could not"},
    "admin DELETE identity /users/x": {"": "404 Not Found: find user: x"},
    "admin POST identity /projects": {
        '{"project": {"name": "CM_astro"}}': "409 Conflict: name is CM_astro",
    },
    "admin DELETE identity /projects/{parent}": {
        "": "403 Forbidden: not a leaf",
    },
    "admin DELETE identity /projects/x": {
        "": "404 Not Found: Could not find project: x",
    },
    f"admin PUT {GRANT % ('x', '{member}', 'role-member')}": {
        "": "404 Not Found: Could not find project: x",
    },
    f"admin PUT {GRANT % ('{project}', 'x', 'role-member')}": {
        "": "404 Not Found: Could not find user: x",
    },
    f"admin PUT {GRANT % ('{project}', '{member}', 'x')}": {
        "": "404 Not Found: Could not find role: x",
    },
    f"admin DELETE {GRANT % ('{project}', '{reader}', 'role-member')}": {
        "": "404 Not Found: Could not find role assignment",
    },
    "member POST identity /users": {
        '{"user": {"name": "x"}}': "403 Forbidden: identity:create_user",
    },
    "member PATCH identity /users/{member}": {
        '{"user": {"name": "x"}}': "403 Forbidden: identity:update_user",
    },
    "member POST identity /projects": {
        '{"project": {"name": "x"}}': "403 Forbidden: identity:create_project",
    },
    **{
        f"member {line}": {"": f"403 Forbidden: identity:{action}"}
        for line, action in (
            ("DELETE identity /users/x", "delete_user"),
            ("DELETE identity /projects/x", "delete_project"),
            (f"PUT {GIVEN}", "create_grant"),
            (f"DELETE {GIVEN}", "revoke_grant"),
            ("GET identity /users?name=ada", "list_users"),
            ("GET identity /users/x", "get_user"),
            ("GET identity /projects", "list_projects"),
            ("GET identity /role_assignments", "list_role_assignments"),
            ("GET identity /roles", "list_roles"),
        )
    },
}

NOVA = {
    f"member POST {ACT % 'server'}": {
        '{"os-start": null}': "409 conflictingRequest: Cannot 'start' "
        "instance {server} while it is in vm_state active",
        '{"resume": null}': "409 conflictingRequest: vm_state active",
        '{"unshelve": null}': "409 conflictingRequest: vm_state active",
        '{"fly": null}': "400 badRequest: There is no such action: fly",
        '{"reboot": {}}': "400 badRequest: 'type' is a required property",
        '{"reboot": {"type": "MILD"}}': "400 badRequest: 'MILD' is not one of",
    },
    f"member POST {ACT % 'stopped'}": {
        '{"os-stop": null}': "409 conflictingRequest: vm_state stopped",
        '{"suspend": null}': "409 conflictingRequest: vm_state stopped",
        '{"reboot": {"type": "SOFT"}}': "409 conflictingRequest: Cannot "
        "'reboot' instance {stopped} while it is in vm_state stopped",
    },
    f"member POST {ACT % 'suspended'}": {
        '{"os-start": null}': "409 conflictingRequest: vm_state suspended",
    },
    f"member POST {ACT % 'shelved'}": {
        '{"shelve": null}': "409 conflictingRequest: state shelved_offloaded",
        '{"reboot": {"type": "HARD"}}': "409 conflictingRequest: offloaded",
    },
    f"member POST {ACT % 'stopping'}": {
        '{"shelve": null}': "409 conflictingRequest: task_state powering-off",
    },
    f"member POST {ACT % 'locked'}": {
        '{"os-stop": null}': "409 conflictingRequest: {locked} is locked",
    },
    f"stranger POST {ACT % 'server'}": {
        '{"os-stop": null}': "404 itemNotFound: Instance {server}",
    },
    "stranger DELETE compute /servers/{server}": {
        "": "404 itemNotFound: Instance {server}",
    },
    f"reader POST {ACT % 'server'}": {
        '{"os-stop": null}': "403 forbidden: os_compute_api:servers:stop",
    },
    "reader DELETE compute /servers/{server}": {
        "": "403 forbidden: os_compute_api:servers:delete",
    },
    "member GET compute /servers/detail?all_tenants=1": {
        "": "403 forbidden: get_all_tenants",
    },
    "member PUT compute /servers/{server}": {"": "405 badMethod: PUT"},
    f"member DELETE {DETACH % ('server', '{root}')}": {
        "": "400 badRequest: Cannot detach a root device",
    },
    f"member DELETE {DETACH % ('server', '{going}')}": {
        "": "400 badRequest: status must be 'in-use'",
    },
    f"member DELETE {DETACH % ('server', '{free}')}": {
        "": "404 itemNotFound: is not attached to volume",
    },
    f"member DELETE {DETACH % ('server', 'none')}": {
        "": "404 itemNotFound: Volume none could not be found",
    },
    f"member DELETE {DETACH % ('suspended', '{used}')}": {
        "": "409 conflictingRequest: vm_state suspended",
    },
    "member POST compute /os-keypairs": {
        '{"keypair": {"name": "k", "public_key": "nonsense"}}': "400 "
        "badRequest: Keypair data is invalid",
        '{"keypair": {"name": "a/b"}}': "400 badRequest: attribute name",
        '{"keypair": {"name": "k", "type": "gpg"}}': "400 badRequest: 'gpg'",
        '{"keypair": {"public_key": "ssh-rsa QURB"}}': "400 badRequest: "
        "'name' is a required property",
        '{"keypair": {"name": "mine", "public_key": "ssh-rsa QURB"}}': "409 "
        "conflictingRequest: Key pair 'mine' already exists.",
    },
    "member POST compute/2.1 /os-keypairs": {
        '{"keypair": {"name": "k", "type": "ssh"}}': "400 badRequest: "
        "'type' was unexpected",
    },
    "member POST compute/2.92 /os-keypairs": {
        '{"keypair": {"name": "k"}}': "400 badRequest: 'public_key' is a req",
    },
    "member DELETE compute /os-keypairs/none": {
        "": "404 itemNotFound: Keypair none not found for user {member}",
    },
    "stranger GET compute /os-keypairs?user_id={member}": {
        "": "403 forbidden: os-keypairs:index",
    },
    "member GET compute /os-keypairs?marker=x": {
        "": "400 badRequest: Marker x could not be",
    },
    "member GET compute /limits?tenant_id={project}": {
        "": "403 forbidden: limits:other_project",
    },
    "admin GET compute /os-quota-sets/x": {
        "": "400 badRequest: x is not a valid project",
    },
    "stranger GET compute /os-quota-sets/{project}": {
        "": "403 forbidden: os-quota-sets:show",
    },
    "stranger GET compute /os-quota-sets/{project}/detail": {
        "": "403 forbidden: os-quota-sets:detail",
    },
    "member GET compute /os-hypervisors/detail": {
        "": "403 forbidden: os-hypervisors:list-detail",
    },
    "admin GET compute /os-hypervisors/detail?marker=x": {
        "": "400 badRequest: marker [x] not found",
    },
}

CINDER = {
    "member DELETE block-storage /volumes/none": {
        "": "404 itemNotFound: Volume none",
    },
    "member DELETE block-storage /volumes/{deleting}": {
        "": "400 badRequest: status must be available or",
    },
    "member DELETE block-storage /volumes/{used}": {
        "": "400 badRequest: must not be migrating, attached",
    },
    "member DELETE block-storage /volumes/{copied}": {
        "": "400 badRequest: must not be migrating, attached",
    },
    "admin POST block-storage /volumes/{used}/action": {
        '{"os-force_delete": {}}': "400 badRequest: Volume  must not be migr",
    },
    "admin POST block-storage /volumes/{copied}/action": {
        '{"os-force_delete": {}}': "400 badRequest: Volume  must not be migr",
    },
    "member POST block-storage /volumes/{free}/action": {
        '{"os-force_delete": {}}': "403 forbidden: admin_actions:force_delete",
        '{"os-extend": {"new_size": 20}}': "400 badRequest: (current: 20, "
        "extended: 20)",
        '{"os-extend": {}}': "400 badRequest: 'new_size' is a required",
        '{"os-extend": {"new_size": "big"}}': "400 badRequest: new_size",
        '{"os-extend": {"new_size": 999}}': "413 overLimit: exceeds allowed "
        "gigabytes quota",
    },
    "member DELETE block-storage/3.23 /volumes/{free}?force=true": {
        "": "403 forbidden: volume:force_delete",
    },
    "member POST block-storage /volumes/{growing}/action": {
        '{"os-extend": {"new_size": 50}}': "400 badRequest: to extend, "
        "currently extending",
    },
    "member POST block-storage/3.41 /volumes/{used}/action": {
        '{"os-extend": {"new_size": 50}}': "400 badRequest: currently in-use",
    },
    "stranger DELETE block-storage /volumes/{free}": {
        "": "404 itemNotFound: {free}",
    },
    "intruder DELETE block-storage /volumes/{free}": {
        "": "400 badRequest: Malformed request url",
    },
    "stranger GET block-storage /os-quota-sets/{project}": {
        "": "403 forbidden: volume_extension:quotas:show",
    },
}

NEUTRON = {
    "member DELETE network /networks/{network}": {
        "": "409 NetworkInUse: {port}",
    },
    "member DELETE network /networks/x": {"": "404 NetworkNotFound: x"},
    "member DELETE network /ports/x": {"": "404 PortNotFound: x"},
    "member DELETE network /floatingips/x": {"": "404 FloatingIPNotFound: x"},
    "member DELETE network /ports/{interface}": {
        "": "409 ServicePortInUse: cannot be deleted directly via the port "
        "API: has device owner network:router_interface",
    },
    f"member {INTERFACE}": {
        '{"port_id": "{port}"}': "404 RouterInterfaceNotFound: {port}",
        '{"port_id": "{interface}"}': "409 RouterInterfaceInUseByFloatingIP: "
        "required by one or more floating IPs",
        "{}": "400 BadRequest: must be specified",
    },
    "member PUT network /routers/x/remove_router_interface": {
        '{"port_id": "{interface}"}': "404 RouterNotFound: x",
    },
    "stranger DELETE network /networks/{network}": {
        "": "404 NetworkNotFound: {network}",
    },
    "stranger DELETE network /networks/{shared}": {
        "": "403 PolicyNotAuthorized: delete_network",
    },
    "stranger GET network /quotas/{project}": {
        "": "403 PolicyNotAuthorized: get_quota",
    },
    "stranger GET network /quotas/{project}/details.json": {
        "": "403 AdminRequired: Only admin is authorized",
    },
}

HEAT = {
    "member POST orchestration /stacks/astro/{astro}/actions": {
        "{}": "400 HTTPBadRequest: No action specified",
        '{"suspend": null, "check": null}': "400 HTTPBadRequest: Multiple "
        "actions specified",
        '{"fly": null}': "400 HTTPBadRequest: Invalid action fly specified",
    },
    "member POST orchestration /stacks/busy/{busy}/actions": {
        '{"resume": null}': "409 ActionInProgress: already has an action (SUS",
    },
    "member POST orchestration /stacks/other/{astro}/actions": {
        '{"suspend": null}': "404 EntityNotFound: The Stack (other) could not",
    },
    "member DELETE orchestration /stacks/gone/{gone}": {
        "": "404 EntityNotFound: The Stack (gone) could not",
    },
    "stranger POST orchestration /stacks/astro/{astro}/actions": {
        '{"suspend": null}': "404 EntityNotFound: The Stack (astro) could not",
    },
    "intruder POST orchestration /stacks/astro/{astro}/actions": {
        '{"suspend": null}': "403 HTTPForbidden: Access was denied",
    },
    **{
        line: {"": "403 HTTPForbidden: Access was denied"}
        for line in (
            "intruder DELETE orchestration /stacks/astro/{astro}",
            "intruder GET orchestration /stacks",
            "member GET orchestration /stacks?global_tenant=true",
            "reader DELETE orchestration /stacks/astro/{astro}",
        )
    },
}

REFUSALS = [
    (line, body, answer)
    for service in (KEYSTONE, NOVA, CINDER, NEUTRON, HEAT)
    for line, answers in service.items()
    for body, answer in answers.items()
]


def things(site, project):
    """Return something in each state in which something is refused."""
    vm_state, task = "OS-EXT-STS:vm_state", "OS-EXT-STS:task_state"
    named = {}
    for name, state in (
        ("server", {}),
        ("stopped", {vm_state: "stopped"}),
        ("suspended", {vm_state: "suspended"}),
        ("shelved", {vm_state: "shelved_offloaded"}),
        ("stopping", {task: "powering-off"}),
        ("locked", {"locked": True}),
    ):
        named[name] = site.add_server(project, name, **state)
    for name, holder, status in (
        ("free", None, "available"),
        ("copied", None, "available"),
        ("deleting", None, "deleting"),
        ("growing", None, "extending"),
        ("root", named["server"], "in-use"),
        ("going", named["server"], "detaching"),
        ("used", named["suspended"], "in-use"),
    ):
        named[name] = site.add_volume(project, name, 20, holder, status=status)
    named["root"]["attachments"][0]["device"] = "/dev/vda"
    site.add_snapshot(named["copied"], "before")
    for name, status in (
        ("astro", "CREATE_COMPLETE"),
        ("busy", "SUSPEND_IN_PROGRESS"),
        ("gone", "DELETE_COMPLETE"),
    ):
        named[name] = site.add_stack(project, name, stack_status=status)
    named["parent"] = site.add_project("parent")
    site.add_project("child", parent_id=named["parent"]["id"])
    return named | networks(site, project)


def networks(site, project):
    network = site.add_network(project, "net")
    router = site.add_router(project, "way-out")
    owner = "network:router_interface"
    interface = site.add_port(
        network, device_owner=owner, device_id=router["id"]
    )
    port = site.add_port(network, device_owner="compute:nova")
    site.add_floating_ip(network, port, router_id=router["id"])
    return {
        "network": network,
        "shared": site.add_network(project, "all", shared=True),
        "router": router,
        "interface": interface,
        "port": port,
    }


class World:
    """A site, whom to ask for its things, and their ids by name."""

    def __init__(self, simulator):
        self.simulator, self.site = simulator, simulator.site
        simulator.heat_converges = False
        project = self.site.add_project("CM_astro")
        other = self.site.add_project("CM_other")
        simulator.quotas["volume", project["id"]] = {"gigabytes": 500}
        named = {"project": project, **things(self.site, project)}
        self.clients = {
            "admin": self._client("admin", simulator.password, self.site.admin)
        }
        for name, who, role, where in (
            ("member", "ada", "member", project),
            ("reader", "bob", "reader", project),
            ("stranger", "eve", "member", other),
            ("intruder", "joe", "member", other),
        ):
            roles = {where["id"]: [role]}
            named[name] = simulator.add_user(who, "secret", roles)
            self.clients[name] = self._client(who, "secret", where)
        member = self.clients["member"]
        self.clients["intruder"].endpoints |= member.endpoints
        key = {"name": "mine", "public_key": "ssh-rsa QURB"}
        member("POST", "compute", "/os-keypairs", json={"keypair": key})
        self.ids = {name: thing["id"] for name, thing in named.items()}

    def _client(self, name, password, project):
        url = f"{self.simulator.url}/identity/v3"
        return Client(url, name, password, project["id"])

    def fill(self, text):
        """Put ids where a text has names of things in braces."""
        for name, thing_id in self.ids.items():
            text = text.replace(f"{{{name}}}", thing_id)
        return text

    def ask(self, line, body):
        who, method, service, path = self.fill(line).split(" ", 3)
        service, _, version = service.partition("/")
        if service == "compute":
            version = version or COMPUTE
        return self.clients[who](
            method,
            service,
            path,
            version,
            data=self.fill(body),
            headers={"Content-Type": "application/json"},
        )

    def everything(self):
        shared = {"_random", "_addresses"}
        return copy.deepcopy(
            {k: v for k, v in vars(self.site).items() if k not in shared}
        ), copy.deepcopy(self.simulator.keypairs)


@pytest.fixture(scope="module")
def world():
    with Simulator() as simulator:
        yield World(simulator)


@pytest.mark.parametrize(("line", "body", "answer"), REFUSALS)
def test_what_is_refused_is_explained_and_changes_nothing(
    world, line, body, answer
):
    before = world.everything()
    words = refusal(world.ask(line, body))
    beginning, _, message = world.fill(answer).partition(": ")
    assert words.startswith(f"{beginning}: ")
    assert message in words
    assert world.everything() == before


def test_a_quota_says_when_to_come_again(world):
    line = "member POST block-storage /volumes/{free}/action"
    response = world.ask(line, '{"os-extend": {"new_size": 999}}')
    assert response.headers["Retry-After"] == "0"


def test_a_member_sees_what_is_its_own(world):
    for path in ("/users/{member}", "/projects/{project}"):
        response = world.ask(f"member GET identity {path}", "")
        assert response.status_code == 200


def test_an_administrator_acts_on_what_is_locked(world):
    line = f"admin POST {ACT % 'locked'}"
    assert world.ask(line, '{"os-stop": null}').status_code == 202
