"""openstack concertim quota list, limits show and statistics show."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import Column, Text
from concertim_api.osc.commands import Listing, Showing


class Most(Text):
    """A limit, if there is one."""

    def human_readable(self) -> str:
        return "unlimited" if self._value is None else str(self._value)


LIMITS = (
    Column("service"),
    Column("name"),
    Column("limit", Most),
    Column("used"),
)


class ListQuota(Listing):
    """List what a project may have, and what it has of it."""

    columns = (
        *LIMITS,
        Column("reserved"),
        Column("project", long=True),
        Column("project_id", long=True),
        Column("region", long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_project(parser, "the one that you are logged in to")
        options.add_region(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        project_id = args.project and self.projects.id_of(args.project)
        quotas = self.client.quotas.list(
            project_id=project_id, region=args.region
        )
        return self.shown(args, quotas)


class ShowLimits(Listing):
    """Show what your project may have of Nova and Cinder, and has of it."""

    columns = (*LIMITS, Column("region", long=True))

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_region(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.client.limits.list(region=args.region))


class ShowStatistics(Showing):
    """Show what a region of the cloud has, and what of it is used."""

    columns = tuple(
        Column(name)
        for name in (
            *("region", "hypervisors", "hypervisors_down", "running_vms"),
            *("vcpus", "vcpus_used", "ram_mb", "ram_used_mb"),
            *("disk_gb", "disk_used_gb"),
        )
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_region(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        found = self.client.statistics.get(region=args.region)
        return self.shown(args, found)
