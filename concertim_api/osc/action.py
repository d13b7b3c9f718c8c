"""openstack concertim rack suspend, device start and the other actions."""

from __future__ import annotations

import argparse
import collections
from collections.abc import Sequence
from typing import Any, ClassVar

from concertim_api.client.operations import Operation
from concertim_api.osc import confirmation, options, waiting
from concertim_api.osc.cells import every
from concertim_api.osc.commands import Row, ShowCommand
from concertim_api.osc.options import Caller, Option, Parameter, Values


class ActionCommand(ShowCommand):
    """A command that has the cloud do something, and shows the operation.

    ``place``: the arguments for the thing of these ``nouns``. ``arguments``:
    those of the ``action``.
    """

    columns = every(Operation)

    nouns: ClassVar[str]
    place: ClassVar[Sequence[Option]]
    action: ClassVar[str]

    def all_arguments(self) -> Sequence[Option]:
        return *waiting.options("operation"), *self.place, *self.arguments

    def take_action(self, args: argparse.Namespace) -> Any:
        waiting.check(args)
        operation = self._begin(args)
        if args.wait:
            operation = waiting.wait(
                self, "operations", operation, args.timeout
            )
            self.has_failed = operation["state"] != "done"
        return self.output(args, operation)

    def _begin(self, args: argparse.Namespace) -> Row:
        thing = self.find(args)
        args.region = thing["region"]
        manager = getattr(self.client, self.nouns)
        operation: Row = manager.act(
            thing["id"], self.action, region=args.region, **self.values(args)
        )
        return operation

    def find(self, args: argparse.Namespace, **views: bool) -> Row:
        """Return the thing, and ``views`` of it."""
        manager = getattr(self.client, self.nouns)
        place = options.values_of(self.place, self, args)
        thing: Row = manager.find(**place, **views)
        return thing


class RackAction(ActionCommand):
    nouns = "racks"
    place = options.name_or_id("rack")


class SuspendRack(RackAction):
    """Suspend all servers of a rack."""

    action = "suspend"


class ResumeRack(RackAction):
    """Resume the servers of a rack that is suspended."""

    action = "resume"


class CheckRack(RackAction):
    """Have Heat check the state of each part of a rack."""

    action = "check"


class DestroyRack(RackAction):
    """Delete a rack, with all that is in it."""

    action = "destroy"
    arguments = (confirmation.YES,)

    def find(self, args: argparse.Namespace, **views: bool) -> Row:
        """Return the rack; ask before, with one request for its devices."""
        if not confirmation.is_needed(self, args):
            return super().find(args, **views)
        rack = super().find(args, devices=True)
        confirmation.confirm(self, args, _destruction(rack))
        return rack


class DeviceAction(ActionCommand):
    nouns = "devices"
    place = (
        *options.name_or_id("device"),
        options.Rack(
            "The rack of the device (name or id); needed only if several "
            "have one of this name."
        ),
    )


class StartDevice(DeviceAction):
    """Start a server."""

    action = "start"


class StopDevice(DeviceAction):
    """Stop a server."""

    action = "stop"


class RebootDevice(DeviceAction):
    """Reboot a server."""

    action = "reboot"
    arguments = (
        Parameter.flag(
            "--hard",
            "Switch the power, without asking the system of the server.",
        ),
    )


class SuspendDevice(DeviceAction):
    """Suspend a server: its memory is kept on disk."""

    action = "suspend"


class ResumeDevice(DeviceAction):
    """Resume a server that is suspended."""

    action = "resume"


class ShelveDevice(DeviceAction):
    """Shelve a server: it is off, and takes no room on a host."""

    action = "shelve"


class UnshelveDevice(DeviceAction):
    """Start a shelved server again."""

    action = "unshelve"


class DestroyDevice(DeviceAction):
    """Delete a server, a volume, or a network with its unused ports."""

    action = "destroy"
    arguments = (
        Parameter.flag("--force", "Delete a volume in any state (admin)."),
        confirmation.YES,
    )

    def find(self, args: argparse.Namespace, **views: bool) -> Row:
        """Return the device; ask before."""
        device = super().find(args, **views)
        noun = _noun(device)
        question = f"Delete the {noun} {device['name']}, {device['status']}?"
        confirmation.confirm(self, args, question)
        return device


class _Server(Parameter):
    """The server of a volume, by its name or id."""

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        if not args.server:
            return {}
        devices = caller.client.devices
        return {"server_id": options.id_of(devices, args.server, args.region)}


class DetachDevice(DeviceAction):
    """Detach a volume from one server, or from all."""

    action = "detach"
    arguments = (
        _Server(
            "--server",
            help="From this server only (name or id); without --server, from "
            "all.",
        ),
    )


class ExtendDevice(DeviceAction):
    """Make a volume larger."""

    action = "extend"
    arguments = (
        Parameter(
            "--size",
            field="size_gb",
            type=options.count,
            required=True,
            metavar="<GB>",
            help="The new size of the volume.",
        ),
    )


def _destruction(rack: Row) -> str:
    """Return the question whether a rack is to be deleted."""
    counts = collections.Counter(map(_noun, rack["devices"]))
    devices = (f"{n} {noun}{'s' * (n != 1)}" for noun, n in counts.items())
    return (
        f"Delete the rack {rack['name']} of {rack['team']} with "
        f"{', '.join(devices) or 'nothing in it'}?"
    )


def _noun(device: Row) -> str:
    noun = str(device["type"]).lower()
    return "server" if noun == "instance" else noun
