"""The catalogue of Kill Bill: one plan, with each unit of our bill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from concertim_api.domain.billing.tariff import UNITS

#: What a block has of a unit, and what it costs. Kill Bill rounds up to whole
#: blocks: so no decimal of ours is lost.
BLOCK = Decimal("0.0001")

_USAGE = """\
          <usage name="{unit}-usage"
                 billingMode="IN_ARREAR" usageType="CONSUMABLE">
            <billingPeriod>MONTHLY</billingPeriod>
            <tiers><tier><blocks><tieredBlock>
              <unit>{unit}</unit>
              <size>{block}</size>
              <prices>
                <price><currency>{currency}</currency><value>{block}</value></price>
              </prices>
              <max>-1</max>
            </tieredBlock></blocks></tier></tiers>
          </usage>
"""

_CATALOG = """\
<?xml version="1.0" encoding="UTF-8"?>
<catalog xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <effectiveDate>2020-01-01T00:00:00+00:00</effectiveDate>
  <catalogName>Concertim</catalogName>
  <recurringBillingMode>IN_ARREAR</recurringBillingMode>
  <currencies><currency>{currency}</currency></currencies>
  <units>
{units}  </units>
  <products>
    <product name="Concertim"><category>BASE</category></product>
  </products>
  <rules>
    <changePolicy>
      <changePolicyCase><policy>IMMEDIATE</policy></changePolicyCase>
    </changePolicy>
    <cancelPolicy>
      <cancelPolicyCase><policy>IMMEDIATE</policy></cancelPolicyCase>
    </cancelPolicy>
    <createAlignment>
      <createAlignmentCase>
        <alignment>START_OF_BUNDLE</alignment>
      </createAlignmentCase>
    </createAlignment>
    <billingAlignment>
      <billingAlignmentCase><alignment>ACCOUNT</alignment></billingAlignmentCase>
    </billingAlignment>
    <priceList>
      <priceListCase><toPriceList>DEFAULT</toPriceList></priceListCase>
    </priceList>
  </rules>
  <plans>
    <plan name="{plan}">
      <product>Concertim</product>
      <recurringBillingMode>IN_ARREAR</recurringBillingMode>
      <finalPhase type="EVERGREEN">
        <duration><unit>UNLIMITED</unit></duration>
        <usages>
{usages}        </usages>
      </finalPhase>
    </plan>
  </plans>
  <priceLists>
    <defaultPriceList name="DEFAULT">
      <plans><plan>{plan}</plan></plans>
    </defaultPriceList>
  </priceLists>
</catalog>
"""


def xml(plan: str, currency: str) -> str:
    """Return a catalogue with a plan that has all units of our bill."""
    plan, currency = escape(plan, {'"': "&quot;"}), escape(currency)
    return _CATALOG.format(
        plan=plan,
        currency=currency,
        units="".join(f'    <unit name="{unit}"/>\n' for unit in UNITS),
        usages="".join(
            _USAGE.format(unit=unit, block=BLOCK, currency=currency)
            for unit in UNITS
        ),
    )


def faults(document: Any, plan: str, currency: str) -> Iterator[str]:
    """Yield what the plan of a catalogue lacks, each as a sentence.

    ``document``: the versions of the catalogue, the newest one last. Of a
    unit that a plan lacks, Kill Bill takes usage, and never bills it.
    """
    if not document:
        yield "Kill Bill has no catalogue"
        return
    plans = {
        each["name"]: each
        for product in document[-1]["products"]
        for each in product["plans"]
    }
    if plan not in plans:
        yield f"[killbill] plan: the catalogue has no plan {plan}"
        return
    blocks = {block["unit"]: block for block in _blocks(plans[plan])}
    for unit in UNITS:
        if unit not in blocks:
            yield f"[killbill] plan: {plan} has no unit {unit}"
        elif problem := _problem(blocks[unit], currency):
            yield f"[killbill] plan: {unit} of {plan} {problem}"


def _blocks(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for phase in plan["phases"]:
        for usage in phase["usages"]:
            for tier in usage["tiers"]:
                yield from tier["blocks"]


def _problem(block: Mapping[str, Any], currency: str) -> str:
    """Return what is wrong with the block of a unit; "" if nothing is."""
    if Decimal(block["size"]) != BLOCK:
        return f"is in blocks of {block['size']}, not of {BLOCK}"
    prices = {p["currency"]: Decimal(p["value"]) for p in block["prices"]}
    if currency not in prices:
        return f"has no price in {currency}"
    if prices[currency] != BLOCK:
        return f"costs {prices[currency]} for {BLOCK}, not the same"
    return ""
