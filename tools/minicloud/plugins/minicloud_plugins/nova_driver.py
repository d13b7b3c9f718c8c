"""Nova's own fake driver, made to survive restarts and to live-migrate."""

import io
import typing

from nova.compute import power_state
from nova.image import glance
from nova.virt import fake


class MiniDriver(fake.FakeDriverWithoutFakeNodes, fake.FakeLiveMigrateDriver):
    capabilities: typing.ClassVar = dict(
        fake.FakeDriver.capabilities, supports_migrate_to_same_host=True
    )
    vcpus = 100_000
    memory_mb = 80_000_000
    local_gb = 60_000_000

    def get_host_uptime(self):
        return "up 1 day"

    def resume_state_on_host_boot(self, context, instance, *arguments):
        """Remember, after a restart, a server that should run."""
        self.instances[instance.uuid] = fake.FakeInstance(
            instance.name, power_state.RUNNING, instance.uuid
        )

    def snapshot(self, context, instance, image_id, update_task_state):
        """Upload a few bytes, so that the image becomes active."""
        super().snapshot(context, instance, image_id, update_task_state)
        glance.API().update(
            context,
            image_id,
            {
                "status": "active",
                "disk_format": "raw",
                "container_format": "bare",
            },
            data=io.BytesIO(b"x" * 4096),
            purge_props=False,
        )
