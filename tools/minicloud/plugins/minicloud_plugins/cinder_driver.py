"""Cinder volume driver that only remembers; nothing touches the host."""

import pathlib

from cinder.volume import driver
from oslo_config import cfg


class MiniVolumeDriver(driver.VolumeDriver):
    VERSION = "2.0"

    def check_for_setup_error(self):
        pass

    def create_volume(self, volume):
        return {"provider_location": f"mini:{volume.id}"}

    def create_cloned_volume(self, volume, src_vref):
        return {}

    def create_volume_from_snapshot(self, volume, snapshot):
        return {}

    def delete_volume(self, volume):
        pass

    def extend_volume(self, volume, new_size):
        pass

    def create_snapshot(self, snapshot):
        pass

    def delete_snapshot(self, snapshot):
        pass

    def revert_to_snapshot(self, context, volume, snapshot):
        pass

    def retype(self, ctxt, volume, new_type, diff, host):
        return True

    def copy_image_to_volume(
        self, context, volume, image_service, image_id, disable_sparse=False
    ):
        pass

    def clone_image(
        self, context, volume, image_location, image_meta, image_service
    ):
        return {}, True

    def ensure_export(self, context, volume):
        pass

    def create_export(self, context, volume, connector):
        return {}

    def remove_export(self, context, volume):
        pass

    def initialize_connection(self, volume, connector):
        # The backup service really opens the device: an empty file will do.
        device = pathlib.Path(cfg.CONF.state_path) / "device"
        device.touch()
        return {
            "driver_volume_type": "local",
            "data": {"volume_id": volume.id, "device_path": str(device)},
        }

    def terminate_connection(self, volume, connector, **kwargs):
        pass

    def _update_volume_stats(self):
        # Both kinds in one backend: Cinder can then retype between them
        # without copying what is not there.
        self._stats = {
            "volume_backend_name": "mini",
            "vendor_name": "mini",
            "driver_version": self.VERSION,
            "storage_protocol": "fake",
            "pools": [self._pool(media) for media in ("ssd", "hdd")],
        }

    @staticmethod
    def _pool(media):
        return {
            "pool_name": media,
            "media": media,
            "total_capacity_gb": 100_000,
            "free_capacity_gb": 90_000,
            "allocated_capacity_gb": 0,
            "provisioned_capacity_gb": 0,
            "reserved_percentage": 0,
            "QoS_support": True,
            "multiattach": True,
            "thin_provisioning_support": True,
            "max_over_subscription_ratio": "20.0",
        }
