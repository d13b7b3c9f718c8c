"""What the plays (site.py, rarities.py) stand on: people, waiting, a log."""

import os
import pathlib
import secrets
import sys
import time

import openstack
import yaml

CLUSTER = yaml.safe_load(
    pathlib.Path(__file__).with_name("cluster.yaml").read_text()
)
BEGUN = time.monotonic()
IMAGE = "rocky-9-hpc"

#: Seconds of rest after each step.
PACE = 0.0


def say(text):
    """Print a line of the log; a play with a pace rests after each."""
    minutes, seconds = divmod(int(time.monotonic() - BEGUN), 60)
    print(f"{minutes:02d}:{seconds:02d}  {text}", flush=True)
    time.sleep(PACE)


def administrator():
    return openstack.connect(load_envvars=True)


class Member:
    """A project with one user, and everything that this user does."""

    def __init__(self, admin, project_name, user_name):
        self.name = project_name
        self.key = f"{user_name}-key"
        self._admin = admin
        password = secrets.token_urlsafe(16)
        identity = admin.identity
        self.project = identity.create_project(
            name=project_name, domain_id="default"
        )
        self.user = identity.create_user(
            name=user_name,
            password=password,
            domain_id="default",
            default_project_id=self.project.id,
        )
        identity.assign_project_role_to_user(
            self.project, self.user, identity.find_role("member")
        )
        self.cloud = openstack.connect(
            auth={
                "auth_url": os.environ["OS_AUTH_URL"],
                "username": user_name,
                "password": password,
                "user_domain_id": "default",
                "project_id": self.project.id,
            },
            region_name=os.environ["OS_REGION_NAME"],
            load_envvars=False,
            load_yaml_config=False,
        )
        self.compute = self.cloud.compute
        self.network = self.cloud.network
        self.storage = self.cloud.block_storage
        self.stacks = self.cloud.orchestration
        self.compute.create_keypair(name=self.key)
        say(f"project {project_name} with user {user_name}")

    # Servers

    def boot(self, name, flavor, network, **more):
        """Ask for a server; the network may be a list of dicts or 'none'."""
        compute = self.compute
        return compute.create_server(
            name=name,
            flavor_id=compute.find_flavor(flavor).id,
            networks=network,
            key_name=self.key,
            **{"image_id": self.cloud.image.find_image(IMAGE).id, **more},
        )

    def await_server(self, server, status="ACTIVE", seconds=300):
        """Wait for a status, and for the task to be over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.compute.get_server(server.id)
            if found.status == status and not found.task_state:
                return found
            if found.status == "ERROR":
                break
            time.sleep(1)
        raise RuntimeError(f"{found.name}: {found.status}, not {status}")

    def act(self, verb, server, status, *arguments, **options):
        """Call e.g. ``stop_server`` and wait for the status it leads to."""
        method = getattr(self.compute, verb)
        method(server.id, *arguments, **options)
        time.sleep(1)
        found = self.await_server(server, status)
        say(f"{self.name}: {verb} {found.name}")
        return found

    def delete_servers(self, *servers):
        for server in servers:
            self.compute.delete_server(server.id)
        for server in servers:
            self.compute.wait_for_delete(server, interval=1, wait=120)
            say(f"{self.name}: deleted server {server.name}")

    # Volumes

    def volume(self, name, size, kind, **more):
        volume = self.storage.create_volume(
            name=name, size=size, volume_type=kind, **more
        )
        say(f"{self.name}: volume {name}, {size} GiB of {kind}")
        return self.await_volume(volume)

    def await_volume(self, volume, status="available", interval=1):
        return self.storage.wait_for_status(
            volume, status, failures=["error"], interval=interval, wait=120
        )

    def delete_volume(self, volume):
        self.storage.delete_volume(volume.id)
        self.storage.wait_for_delete(volume, interval=1, wait=60)
        say(f"{self.name}: deleted volume {volume.name}")

    # Clusters

    def create_cluster(self, name, **parameters):
        """Ask for a cluster: a stack."""
        say(f"{self.name}: cluster {name}")
        return self.stacks.create_stack(
            name=name,
            template=CLUSTER,
            timeout_mins=20,
            parameters={"image": IMAGE, "key": self.key, **parameters},
        )

    def await_stack(self, stack, status="CREATE_COMPLETE"):
        return self.stacks.wait_for_status(
            self.stacks.get_stack(stack.id),
            status,
            failures=[status.replace("COMPLETE", "FAILED")],
            interval=2,
            wait=900,
        )

    def resize_cluster(self, stack, **parameters):
        """Change the parameters of a cluster and wait for it."""
        known = self.stacks.get_stack(stack.id).parameters
        own = {k: v for k, v in known.items() if not k.startswith("OS::")}
        self.stacks.update_stack(
            stack.id, template=CLUSTER, parameters={**own, **parameters}
        )
        time.sleep(2)
        self.await_stack(stack, "UPDATE_COMPLETE")
        say(f"{self.name}: cluster {stack.name} now has {parameters}")

    def delete_cluster(self, stack):
        self.stacks.delete_stack(stack.id)
        self.stacks.wait_for_delete(stack, interval=2, wait=600)
        say(f"{self.name}: deleted cluster {stack.name}")

    def leave(self):
        """Delete the user and the project."""
        self.compute.delete_keypair(self.key)
        self._admin.identity.delete_user(self.user)
        self._admin.identity.delete_project(self.project)
        say(f"project {self.name} is gone, and {self.user.name}")


def upload_image(admin):
    say(f"image {IMAGE}")
    return admin.image.create_image(
        IMAGE,
        disk_format="raw",
        container_format="bare",
        data=b"x" * 4096,
        visibility="public",
        validate_checksum=False,
        wait=True,
    )


def require_fresh(admin):
    """The plays start on a new cloud, so that a recording is whole."""
    if admin.image.find_image(IMAGE):
        sys.exit("This cloud has been played on: down.sh --wipe, up.sh, again")
