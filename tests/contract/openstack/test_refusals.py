"""What the simulated OpenStack refuses: to whom, and in which words.

What is refused changes nothing; so one site is asked all of it.
"""

from __future__ import annotations

import copy

import pytest

from concertim_api.clouds.simulator import Simulator
from tests.contract.openstack.said import COMPUTE, Client, refusal

SERVICES = {
    "keystone": "identity",
    "nova": "compute",
    "cinder": "block-storage",
    "neutron": "network",
    "heat": "orchestration",
}

#: Who, method, service[/microversion], path, and a body where there is one;
#: below it status, kind and message.
TABLE = """
admin POST keystone /users {"user": {"name": "ada"}}
    409 Conflict: Duplicate entry found
admin POST keystone /users {"user": {"name": "eve", "domain_id": "d"}}
    404 Not Found: domain
admin POST keystone /users {"user": {"email": "x"}}
    400 Bad Request: 'name' is a required
admin POST keystone /users {"user": {"name": ""}}
    400 Bad Request: '' should be non-empty
admin POST keystone /users {}
    400 Bad Request: 'user' is a required property
admin PATCH keystone /users/{reader} {"user": {"name": "ada"}}
    409 Conflict: found with name ada
admin GET keystone /users/x
    404 error: user x could not
admin DELETE keystone /users/x
    404 Not Found: find user: x
admin POST keystone /projects {"project": {"name": "CM_astro"}}
    409 Conflict: name is CM_astro
admin DELETE keystone /projects/{parent}
    403 Forbidden: not a leaf
admin DELETE keystone /projects/x
    404 Not Found: Could not find project: x
admin PUT keystone /projects/x/users/{member}/roles/role-member
    404 Not Found: Could not find project: x
admin PUT keystone /projects/{project}/users/x/roles/role-member
    404 Not Found: Could not find user: x
admin PUT keystone /projects/{project}/users/{member}/roles/x
    404 Not Found: Could not find role: x
admin DELETE keystone /projects/{project}/users/{reader}/roles/role-member
    404 Not Found: Could not find role assignment
member POST keystone /users {"user": {"name": "x"}}
    403 Forbidden: identity:create_user
member PATCH keystone /users/{member} {"user": {"name": "x"}}
    403 Forbidden: identity:update_user
member POST keystone /projects {"project": {"name": "x"}}
    403 Forbidden: identity:create_project
member DELETE keystone /users/x
    403 Forbidden: identity:delete_user
member DELETE keystone /projects/x
    403 Forbidden: identity:delete_project
member PUT keystone /projects/{project}/users/{member}/roles/role-member
    403 Forbidden: identity:create_grant
member DELETE keystone /projects/{project}/users/{member}/roles/role-member
    403 Forbidden: identity:revoke_grant
member GET keystone /users?name=ada
    403 Forbidden: identity:list_users
member GET keystone /users/x
    403 Forbidden: identity:get_user
member GET keystone /projects
    403 Forbidden: identity:list_projects
member GET keystone /role_assignments
    403 Forbidden: identity:list_role_assignments
member GET keystone /roles
    403 Forbidden: identity:list_roles

member POST nova /servers/{server}/action {"os-start": null}
    409 conflictingRequest: instance {server} while it is in vm_state active
member POST nova /servers/{server}/action {"resume": null}
    409 conflictingRequest: vm_state active
member POST nova /servers/{server}/action {"unshelve": null}
    409 conflictingRequest: vm_state active
member POST nova /servers/{server}/action {"fly": null}
    400 badRequest: There is no such action: fly
member POST nova /servers/{server}/action {"reboot": {}}
    400 badRequest: 'type' is a required property
member POST nova /servers/{server}/action {"reboot": {"type": "MILD"}}
    400 badRequest: 'MILD' is not one of
member POST nova /servers/{stopped}/action {"os-stop": null}
    409 conflictingRequest: vm_state stopped
member POST nova /servers/{stopped}/action {"suspend": null}
    409 conflictingRequest: vm_state stopped
member POST nova /servers/{stopped}/action {"reboot": {"type": "SOFT"}}
    409 conflictingRequest: Cannot 'reboot' instance {stopped} while it is
member POST nova /servers/{suspended}/action {"os-start": null}
    409 conflictingRequest: vm_state suspended
member POST nova /servers/{shelved}/action {"shelve": null}
    409 conflictingRequest: state shelved_offloaded
member POST nova /servers/{shelved}/action {"reboot": {"type": "HARD"}}
    409 conflictingRequest: offloaded
member POST nova /servers/{stopping}/action {"shelve": null}
    409 conflictingRequest: task_state powering-off
member POST nova /servers/{locked}/action {"os-stop": null}
    409 conflictingRequest: {locked} is locked
stranger POST nova /servers/{server}/action {"os-stop": null}
    404 itemNotFound: Instance {server}
stranger DELETE nova /servers/{server}
    404 itemNotFound: Instance {server}
reader POST nova /servers/{server}/action {"os-stop": null}
    403 forbidden: os_compute_api:servers:stop
reader DELETE nova /servers/{server}
    403 forbidden: os_compute_api:servers:delete
member GET nova /servers/detail?all_tenants=1
    403 forbidden: get_all_tenants
member PUT nova /servers/{server}
    405 badMethod: PUT
member DELETE nova /servers/{server}/os-volume_attachments/{root}
    400 badRequest: Cannot detach a root device
member DELETE nova /servers/{server}/os-volume_attachments/{going}
    400 badRequest: status must be 'in-use'
member DELETE nova /servers/{server}/os-volume_attachments/{free}
    404 itemNotFound: is not attached to volume
member DELETE nova /servers/{server}/os-volume_attachments/none
    404 itemNotFound: Volume none could not be found
member DELETE nova /servers/{suspended}/os-volume_attachments/{used}
    409 conflictingRequest: vm_state suspended
member POST nova /os-keypairs {"keypair": {"name": "k", "public_key": "?"}}
    400 badRequest: Keypair data is invalid
member POST nova /os-keypairs {"keypair": {"name": "a/b"}}
    400 badRequest: attribute name
member POST nova /os-keypairs {"keypair": {"name": "k", "type": "gpg"}}
    400 badRequest: 'gpg'
member POST nova /os-keypairs {"keypair": {"public_key": "ssh-rsa QURB"}}
    400 badRequest: 'name' is a required property
member POST nova /os-keypairs
    {"keypair": {"name": "mine", "public_key": "ssh-rsa QURB"}}
    409 conflictingRequest: Key pair 'mine' already exists.
member POST nova/2.1 /os-keypairs {"keypair": {"name": "k", "type": "ssh"}}
    400 badRequest: 'type' was unexpected
member POST nova/2.92 /os-keypairs {"keypair": {"name": "k"}}
    400 badRequest: 'public_key' is a req
member DELETE nova /os-keypairs/none
    404 itemNotFound: Keypair none not found for user {member}
stranger GET nova /os-keypairs?user_id={member}
    403 forbidden: os-keypairs:index
member GET nova /os-keypairs?marker=x
    400 badRequest: Marker x could not be
member GET nova /limits?tenant_id={project}
    403 forbidden: limits:other_project
admin GET nova /os-quota-sets/x
    400 badRequest: x is not a valid project
stranger GET nova /os-quota-sets/{project}
    403 forbidden: os-quota-sets:show
stranger GET nova /os-quota-sets/{project}/detail
    403 forbidden: os-quota-sets:detail
member GET nova /os-hypervisors/detail
    403 forbidden: os-hypervisors:list-detail
admin GET nova /os-hypervisors/detail?marker=x
    400 badRequest: marker [x] not found

member DELETE cinder /volumes/none
    404 itemNotFound: Volume none
member DELETE cinder /volumes/{deleting}
    400 badRequest: status must be available or
member DELETE cinder /volumes/{used}
    400 badRequest: must not be migrating, attached
member DELETE cinder /volumes/{copied}
    400 badRequest: must not be migrating, attached
admin POST cinder /volumes/{used}/action {"os-force_delete": {}}
    400 badRequest: Volume  must not be migr
admin POST cinder /volumes/{copied}/action {"os-force_delete": {}}
    400 badRequest: Volume  must not be migr
member POST cinder /volumes/{free}/action {"os-force_delete": {}}
    403 forbidden: admin_actions:force_delete
member POST cinder /volumes/{free}/action {"os-extend": {"new_size": 20}}
    400 badRequest: (current: 20, extended: 20)
member POST cinder /volumes/{free}/action {"os-extend": {}}
    400 badRequest: 'new_size' is a required
member POST cinder /volumes/{free}/action {"os-extend": {"new_size": "big"}}
    400 badRequest: new_size
member POST cinder /volumes/{free}/action {"os-extend": {"new_size": 999}}
    413 overLimit: exceeds allowed gigabytes quota
member DELETE cinder/3.23 /volumes/{free}?force=true
    403 forbidden: volume:force_delete
member POST cinder /volumes/{growing}/action {"os-extend": {"new_size": 50}}
    400 badRequest: to extend, currently extending
member POST cinder/3.41 /volumes/{used}/action {"os-extend": {"new_size": 50}}
    400 badRequest: currently in-use
stranger DELETE cinder /volumes/{free}
    404 itemNotFound: {free}
intruder DELETE cinder /volumes/{free}
    400 badRequest: Malformed request url
stranger GET cinder /os-quota-sets/{project}
    403 forbidden: volume_extension:quotas:show

member DELETE neutron /networks/{network}
    409 NetworkInUse: {port}
member DELETE neutron /networks/x
    404 NetworkNotFound: x
member DELETE neutron /ports/x
    404 PortNotFound: x
member DELETE neutron /floatingips/x
    404 FloatingIPNotFound: x
member DELETE neutron /ports/{interface}
    409 ServicePortInUse: has device owner network:router_interface
member PUT neutron /routers/{router}/remove_router_interface
    {"port_id": "{port}"}
    404 RouterInterfaceNotFound: {port}
member PUT neutron /routers/{router}/remove_router_interface
    {"port_id": "{interface}"}
    409 RouterInterfaceInUseByFloatingIP: required by one or more floating IPs
member PUT neutron /routers/{router}/remove_router_interface {}
    400 BadRequest: must be specified
member PUT neutron /routers/x/remove_router_interface
    {"port_id": "{interface}"}
    404 RouterNotFound: x
stranger DELETE neutron /networks/{network}
    404 NetworkNotFound: {network}
stranger DELETE neutron /networks/{shared}
    403 PolicyNotAuthorized: delete_network
stranger GET neutron /quotas/{project}
    403 PolicyNotAuthorized: get_quota
stranger GET neutron /quotas/{project}/details.json
    403 AdminRequired: Only admin is authorized

member POST heat /stacks/astro/{astro}/actions {}
    400 HTTPBadRequest: No action specified
member POST heat /stacks/astro/{astro}/actions {"suspend": null, "check": null}
    400 HTTPBadRequest: Multiple actions specified
member POST heat /stacks/astro/{astro}/actions {"fly": null}
    400 HTTPBadRequest: Invalid action fly specified
member POST heat /stacks/busy/{busy}/actions {"resume": null}
    409 ActionInProgress: already has an action (SUS
member POST heat /stacks/other/{astro}/actions {"suspend": null}
    404 EntityNotFound: The Stack (other) could not
member DELETE heat /stacks/gone/{gone}
    404 EntityNotFound: The Stack (gone) could not
stranger POST heat /stacks/astro/{astro}/actions {"suspend": null}
    404 EntityNotFound: The Stack (astro) could not
intruder POST heat /stacks/astro/{astro}/actions {"suspend": null}
    403 HTTPForbidden: Access was denied
intruder DELETE heat /stacks/astro/{astro}
    403 HTTPForbidden: Access was denied
intruder GET heat /stacks
    403 HTTPForbidden: Access was denied
member GET heat /stacks?global_tenant=true
    403 HTTPForbidden: Access was denied
reader DELETE heat /stacks/astro/{astro}
    403 HTTPForbidden: Access was denied
"""


def rows(table):
    """Yield each request with its answer."""
    request = ""
    for line in map(str.strip, table.splitlines()):
        if line[:1].isdigit():
            yield request, line
        else:
            request = f"{request} {line}" if line[:1] == "{" else line


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

    def ask(self, request):
        who, method, service, path, *body = self.fill(request).split(" ", 4)
        service, _, version = service.partition("/")
        if service == "nova":
            version = version or COMPUTE
        return self.clients[who](
            method,
            SERVICES[service],
            path,
            version,
            data="".join(body),
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


@pytest.mark.parametrize(("request_line", "answer"), [*rows(TABLE)])
def test_what_is_refused_is_explained_and_changes_nothing(
    world, request_line, answer
):
    before = world.everything()
    words = refusal(world.ask(request_line))
    beginning, _, message = world.fill(answer).partition(": ")
    assert words.startswith(f"{beginning}: ")
    assert message in words
    assert world.everything() == before


def test_a_quota_says_when_to_come_again(world):
    body = '{"os-extend": {"new_size": 999}}'
    line = "member POST cinder /volumes/{free}/action"
    assert world.ask(f"{line} {body}").headers["Retry-After"] == "0"


@pytest.mark.parametrize("path", ["/users/{member}", "/projects/{project}"])
def test_a_member_sees_what_is_its_own(world, path):
    assert world.ask(f"member GET keystone {path}").status_code == 200


def test_an_administrator_acts_on_what_is_locked(world):
    line = 'admin POST nova /servers/{locked}/action {"os-stop": null}'
    assert world.ask(line).status_code == 202
