"""Notifications that an intake takes, without a bus."""

from concertim_api.domain.ledger.region_rules import Origin
from concertim_api.listener.intake import total


def deliveries(intake, messages, region="north"):
    """Return messages as they come by the bus of a region."""
    origin = Origin(region)
    return intake.delivered([(message, origin) for message in messages])


def take(intake, messages, region="north"):
    """Record messages, and return what became of them."""
    return total(intake.take(deliveries(intake, messages, region)))
