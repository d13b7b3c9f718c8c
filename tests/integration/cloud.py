"""The mini cloud of tools/minicloud: what people do there."""

from __future__ import annotations

import contextlib
import pathlib
import secrets

import openstack
import openstack.exceptions
import yaml

from tests.waiting import wait_for

#: Seconds until a stack is what it is to be, on a busy machine.
STACK_PATIENCE = 400

#: Seconds between two questions to a cloud, which has other work.
PAUSE = 0.3

MINICLOUD = pathlib.Path(__file__).parents[2] / "tools" / "minicloud"


class Cloud:
    """A cloud, as its administrator uses it.

    ``settings``: the clouds.yaml that the mini cloud writes; it also tells
    where notifications go.
    """

    def __init__(self, settings):
        self.settings = pathlib.Path(settings)
        told = yaml.safe_load(self.settings.read_text())
        (self.name,) = told["clouds"]
        self.login = told["clouds"][self.name]
        self.region = self.login["region_name"]
        self.bus = told["notifications"]
        self.admin = self.connect()

    def connect(self, **auth):
        """Return a connection. A service that hangs is an error: a thread
        that waits for it for ever would be waited for by its test."""
        return openstack.connect(
            auth={**self.login["auth"], **auth},
            region_name=self.region,
            api_timeout=60,
            load_envvars=False,
            load_yaml_config=False,
        )

    def get(self, service, path, microversion=None):
        answer = getattr(self.admin, service).get(
            path, microversion=microversion
        )
        answer.raise_for_status()
        return answer.json()

    def project(self, name):
        return Project(self, name)

    def live_migrate(self, server):
        """Move a server to another host, which only an administrator may."""
        before = self.admin.compute.get_server(server).compute_host
        self.admin.compute.live_migrate_server(
            server, host=None, block_migration="auto"
        )
        wait_for(
            f"Nova to run server {server} elsewhere than on {before}",
            lambda: self._host(server),
            lambda host: host not in (before, None),
            every=PAUSE,
        )

    def _host(self, server):
        found = self.admin.compute.get_server(server)
        return None if found.task_state else found.compute_host


class Project:
    """A project with one user, and what this user does."""

    def __init__(self, cloud, name):
        identity = cloud.admin.identity
        self.name = name
        self._cloud = cloud
        password = secrets.token_urlsafe(16)
        project = identity.create_project(name=name, domain_id="default")
        user = identity.create_user(
            name=f"user-of-{name}", password=password, domain_id="default"
        )
        member = identity.find_role("member")
        identity.assign_project_role_to_user(project, user, member)
        self.id = project.id
        self.user_id = user.id
        self.login = {
            "username": user.name,
            "password": password,
            "project_name": name,
        }
        connection = cloud.connect(**self.login)
        self.session = connection.session
        self.compute = connection.compute
        self.volumes = connection.block_storage
        self.stacks = connection.orchestration
        self.compute.create_keypair(name="key")

    # Stacks

    def create_stack(self, name, **parameters):
        """Ask for a cluster with a network and a volume of its own, and two
        more volumes. Return its id."""
        given = {
            "image": "cirros",
            "key": "key",
            "login_flavor": "m1.small",
            "compute_flavor": "m1.tiny",
            "scratch_gb": 10,
            **parameters,
        }
        self._parameters = given
        return self.stacks.create_stack(
            name=name,
            template=template(),
            parameters=given,
            timeout_mins=10,
        ).id

    def change_stack(self, stack, **parameters):
        self._parameters = {**self._parameters, **parameters}
        self.stacks.update_stack(
            stack, template=template(), parameters=self._parameters
        )
        self.await_stack(stack, "UPDATE_COMPLETE")

    def act_on_stack(self, stack, action):
        """Suspend or resume all of a stack."""
        answer = self.stacks.post(
            f"/stacks/{stack}/actions", json={action: None}, redirect=307
        )
        answer.raise_for_status()
        self.await_stack(stack, f"{action.upper()}_COMPLETE")

    def delete_stack(self, stack):
        self.stacks.delete_stack(stack)
        self.await_stack(stack, "DELETE_COMPLETE")

    def await_stack(self, stack, status):
        failed = status.replace("COMPLETE", "FAILED")

        def look():
            # Not by get_stack: for that, a deleted stack never was.
            answer = self.stacks.get(f"/stacks/{stack}?resolve_outputs=false")
            answer.raise_for_status()
            state = answer.json()["stack"]
            assert state["stack_status"] != failed, state
            return state

        wait_for(
            f"Heat to say {status} of stack {stack}",
            look,
            lambda state: state["stack_status"] == status,
            seconds=STACK_PATIENCE,
            every=PAUSE,
        )

    # Servers and volumes

    def resize(self, server, flavor):
        wanted = self.compute.find_flavor(flavor)
        self.act(server, "resize_server", "VERIFY_RESIZE", wanted.id)
        self.act(server, "confirm_server_resize", "ACTIVE")

    def act(self, server, verb, status, *arguments):
        """Call e.g. ``stop_server`` and wait for what it leads to."""
        getattr(self.compute, verb)(server, *arguments)
        self.await_server(server, status)

    def await_server(self, server, status):
        """Wait until Nova says a status of a server, and is not at it."""

        def look():
            state = self.compute.get_server(server)
            assert state.status != "ERROR", state.fault
            return state.status, state.task_state

        wait_for(
            f"Nova to say {status} of server {server}, and no task",
            look,
            lambda state: state == (status, None),
            every=PAUSE,
        )

    def rename(self, server, name):
        self.compute.update_server(server, name=name)

    def delete_server(self, server):
        self.compute.delete_server(server)
        wait_for(
            f"Nova not to list server {server}",
            lambda: {row.id for row in self.compute.servers()},
            lambda ids: server not in ids,
            every=PAUSE,
        )

    def attach(self, server, volume):
        self.compute.create_volume_attachment(server, volume_id=volume)
        self.await_volume(volume, "in-use")

    def detach(self, server, volume):
        self.compute.delete_volume_attachment(server, volume)
        self.await_volume(volume, "available")

    def await_volume(self, volume, status):
        wait_for(
            f"Cinder to say {status} of volume {volume}",
            lambda: self.volumes.get_volume(volume).status,
            lambda state: state == status,
            every=PAUSE,
        )

    def delete_volumes(self, *volumes):
        for volume in volumes:
            self.volumes.delete_volume(volume)
        self.await_no_volume(*volumes)

    def await_no_volume(self, *volumes):
        wait_for(
            f"Cinder not to list the volumes {volumes}",
            lambda: {volume.id for volume in self.volumes.volumes()},
            lambda ids: not ids & {*volumes},
            every=PAUSE,
        )

    def leave(self):
        """Delete all that is left of the project, and the project."""
        for stack in self.stacks.stacks():
            # Heat answers 400 if it has begun to go since it was listed.
            with contextlib.suppress(openstack.exceptions.BadRequestException):
                if stack.status != "DELETE_IN_PROGRESS":
                    self.stacks.delete_stack(stack.id)
            self.await_stack(stack.id, "DELETE_COMPLETE")
        self.compute.delete_keypair("key")
        identity = self._cloud.admin.identity
        identity.delete_user(self.user_id)
        identity.delete_project(self.id)


def template():
    """Return the mini cloud's template of a cluster, with an archive: a
    group of two volumes that no server uses."""
    found = yaml.safe_load((MINICLOUD / "cluster.yaml").read_text())
    found["resources"]["archive"] = {
        "type": "OS::Heat::ResourceGroup",
        "properties": {
            "count": 2,
            "resource_def": {
                "type": "OS::Cinder::Volume",
                "properties": {"name": "archive-%index%", "size": 1},
            },
        },
    }
    return found
