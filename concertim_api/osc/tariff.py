"""openstack concertim tariff ..."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from concertim_api.client.tariffs import TariffSummary
from concertim_api.osc.cells import Sentence, escape, every, named
from concertim_api.osc.commands import ListCommand, Row
from concertim_api.osc.options import Parameter


class Tiers(Sentence):
    """The prices of a month: a line for each tier."""

    def human_readable(self) -> str:
        return "\n".join(escape(_price(tier)) for tier in self._value or ())


class ListTariff(ListCommand):
    """List the tariffs: what usage costs, and since when.

    Of those that are valid on a day, the last one counts.
    """

    columns = every(TariffSummary)
    minor = "loaded_at author"
    request = "tariffs.list"


class ShowTariff(ListCommand):
    """Show the rules of a tariff, and what a project is spared.

    Of the rules of one unit, the first that fits counts. The discounts, the
    tax and the time of the tariff stand above the table: other formats, such
    as -f json, have the rules alone.
    """

    columns = named("unit name for count tiers started_hour", tiers=Tiers)
    nouns = "rules"
    request = "tariffs.find"
    arguments = (
        Parameter(
            "tariff",
            field="id_or_name",
            help="Name of a tariff, or its number in the list.",
        ),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        tariff = self.send(args)
        if args.formatter == "table":
            for line in self._lines(tariff):
                self.note(line)
        return self.output(args, tariff["rules"])

    def _lines(self, tariff: Row) -> Iterator[str]:
        """Yield what is not in the rules."""
        until = tariff["valid_until"]
        end = f"to {until}" if until else "on"
        yield (
            f"tariff {tariff['id']}, {tariff['name']}, in "
            f"{tariff['currency']}, from {tariff['valid_from']} {end}:"
        )
        for discount in tariff["discounts"]:
            project = self.projects.name(discount["project_id"])
            yield f"discount of {project}: {discount['percent']} %"
        if tax := tariff["tax"]:
            yield f"tax {tax['name']}: {tax['percent']} %"


def _price(tier: Mapping[str, Any]) -> str:
    end = f" up to {tier['up_to']}" if tier["up_to"] else ""
    return f"{tier['price']}{end}"
