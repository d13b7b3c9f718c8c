"""openstack concertim device start, stop, detach, extend, destroy ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import options
from concertim_api.osc.commands import Item
from concertim_api.osc.operation import Acting


class _DeviceAction(Acting):
    action = ""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "device")
        parser.add_argument(
            "--rack",
            metavar="<rack>",
            help="Which rack (name or id) it is in, if the name is not clear.",
        )
        return parser

    def act(self, args: argparse.Namespace) -> Item:
        device = self._device(args)
        told: Item = self.client.devices.act(
            device["id"],
            self.action,
            region=device["region"],
            **self.asked(args, device),
        )
        return told

    def asked(self, args: argparse.Namespace, device: Item) -> dict[str, Any]:
        """Return what else is asked for."""
        return {}

    def _device(self, args: argparse.Namespace) -> Item:
        rack = args.rack and self.client.racks.find(
            args.rack, region=args.region
        )
        found: Item = self.client.devices.find(
            args.device,
            region=args.region,
            rack_id=rack["id"] if rack else None,
        )
        return found


class StartDevice(_DeviceAction):
    """Start a server."""

    action = "start"


class StopDevice(_DeviceAction):
    """Stop a server."""

    action = "stop"


class RebootDevice(_DeviceAction):
    """Reboot a server."""

    action = "reboot"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--hard",
            action="store_true",
            help="As a power switch does, and not by asking its system.",
        )
        return parser

    def asked(self, args: argparse.Namespace, device: Item) -> dict[str, Any]:
        return {"hard": args.hard or None}


class SuspendDevice(_DeviceAction):
    """Suspend a server: its memory is kept on disk."""

    action = "suspend"


class ResumeDevice(_DeviceAction):
    """Resume a server that is suspended."""

    action = "resume"


class ShelveDevice(_DeviceAction):
    """Shelve a server: it is off, and holds no host."""

    action = "shelve"


class UnshelveDevice(_DeviceAction):
    """Have a server again that was shelved."""

    action = "unshelve"


class DestroyDevice(_DeviceAction):
    """Delete a server, a volume, or a network with what belongs to it."""

    action = "destroy"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--force",
            action="store_true",
            help="Delete a volume whatever its state is (admin).",
        )
        return parser

    def asked(self, args: argparse.Namespace, device: Item) -> dict[str, Any]:
        return {"force": args.force or None}


class DetachDevice(_DeviceAction):
    """Detach a volume of a server, or of all servers."""

    action = "detach"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--server",
            metavar="<server>",
            help="Of this server only (name or id); without it, of all.",
        )
        return parser

    def asked(self, args: argparse.Namespace, device: Item) -> dict[str, Any]:
        return {"server_id": args.server and self._server(args, device)}

    def _server(self, args: argparse.Namespace, device: Item) -> str:
        """Return the id of a server, which may be in no rack."""
        try:
            found = self.client.devices.find(
                args.server, region=device["region"]
            )
        except errors.NotFound:
            return str(args.server)
        return str(found["id"])


class ExtendDevice(_DeviceAction):
    """Make a volume larger."""

    action = "extend"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--size",
            type=options.count,
            required=True,
            metavar="<GB>",
            help="How large it is to be.",
        )
        return parser

    def asked(self, args: argparse.Namespace, device: Item) -> dict[str, Any]:
        return {"size_gb": args.size}
