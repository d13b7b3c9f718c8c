"""openstack concertim rack suspend, resume, check, destroy"""

from __future__ import annotations

import argparse

from concertim_api.osc import options
from concertim_api.osc.commands import Item
from concertim_api.osc.operation import Acting


class _RackAction(Acting):
    action = ""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "rack")
        return parser

    def act(self, args: argparse.Namespace) -> Item:
        racks = self.client.racks
        rack = racks.find(args.rack, region=args.region)
        told: Item = racks.act(rack["id"], self.action, region=rack["region"])
        return told


class SuspendRack(_RackAction):
    """Suspend all servers of a rack."""

    action = "suspend"


class ResumeRack(_RackAction):
    """Resume the servers of a rack that is suspended."""

    action = "resume"


class CheckRack(_RackAction):
    """Have Heat look whether all of a rack is as it should be."""

    action = "check"


class DestroyRack(_RackAction):
    """Delete a rack, with all that is in it."""

    action = "destroy"
