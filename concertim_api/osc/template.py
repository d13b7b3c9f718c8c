"""openstack concertim template ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import Attributes, Column, Moment
from concertim_api.osc.commands import PagedListing, Showing

COLUMNS = (
    Column("id"),
    Column("name"),
    Column("height_u"),
    Column("vcpus"),
    Column("ram_mb"),
    Column("disk_gb"),
    Column("public"),
    Column("label", long=True),
    Column("description", long=True),
    Column("region", long=True),
    Column("updated_at", Moment, long=True),
)


class ListTemplate(PagedListing):
    """List templates: what the flavors of the cloud look like in a rack."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_conditions(parser, "region", "name")
        options.add_page(parser, sort="id, name, updated_at")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        templates = self.client.templates.list(
            **options.conditions(args, "region", "name"),
            **options.page(args),
        )
        return self.paged(args, templates)


class ShowTemplate(Showing):
    """Show a template."""

    columns = (*COLUMNS, Column("details", Attributes))

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "template")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        template = self.client.templates.find(
            args.template, region=args.region
        )
        return self.shown(args, template)
