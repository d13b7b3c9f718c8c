"""/ and /v1/: the versions of the API, for callers without a token too."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping, Sequence
from typing import Any

from concertim_api.api import types, versions
from concertim_api.api.context import Context
from concertim_api.api.controllers.v1 import (
    accounts,
    changes,
    charges,
    corrections,
    costs,
    credits,
    dead_letters,
    description,
    devices,
    invoices,
    jobs,
    keypairs,
    limits,
    operations,
    orders,
    periods,
    pushes,
    quotas,
    racks,
    regions,
    resources,
    statistics,
    status,
    tariffs,
    teams,
    templates,
    usage,
    usage_records,
    users,
)
from concertim_api.api.expose import RelatedUrl, expose
from concertim_api.api.routing import Controller


class Version(types.Representation):
    """A version of the API, and the microversions that it has."""

    id = types.text
    status = types.Choice("CURRENT", "SUPPORTED", "DEPRECATED", "EXPERIMENTAL")
    min_version = types.text
    max_version = types.text
    links = [types.Link]


class Versions(types.Representation):
    versions = [Version]


class OneVersion(types.Representation):
    version = Version


@dc.dataclass(frozen=True, slots=True)
class _V1:
    links: Sequence[RelatedUrl]
    id: str = "v1.0"
    status: str = "CURRENT"
    min_version: str = versions.MINIMUM
    max_version: str = versions.MAXIMUM


@dc.dataclass(frozen=True, slots=True)
class _Document:
    version: _V1

    @property
    def versions(self) -> Sequence[_V1]:
        return (self.version,)


class V1Controller(Controller):
    def __init__(self, children: Mapping[str, Controller]) -> None:
        self.children = children

    @expose(OneVersion, policy=None)
    def get_all(self, context: Context) -> _Document:
        """Show version 1 and its microversions."""
        rels = (("self", "/v1/"), ("collection", "/"))
        base = context.base_url
        links = [RelatedUrl(rel, base + path) for rel, path in rels]
        return _Document(_V1(links))


class RootController(Controller):
    def __init__(self, children: Mapping[str, Controller]) -> None:
        self.children = children

    @expose(Versions, policy=None)
    def get_all(self, context: Context) -> _Document:
        """List the versions of the API."""
        return _Document(_V1([RelatedUrl("self", f"{context.base_url}/v1/")]))


def build(services: Any) -> Controller:
    """Return the tree of controllers, each with the services it needs."""
    v1: dict[str, Controller] = {
        "periods": periods.PeriodsController(services.periods),
        "usage": usage.UsageController(services.usage),
        "resources": resources.ResourcesController(services.resources),
        "changes": changes.ChangesController(services.changes),
        "corrections": corrections.CorrectionsController(services.corrections),
        "dead-letters": dead_letters.DeadLettersController(
            services.dead_letters
        ),
        "regions": regions.RegionsController(services.regions),
        "racks": racks.RacksController(
            services.racks,
            services.rack_histories,
            services.rack_actions,
            services.costs,
        ),
        "devices": devices.DevicesController(
            services.devices, services.device_actions
        ),
        "templates": templates.TemplatesController(services.templates),
        "teams": teams.TeamsController(
            services.teams, services.team_actions, services.role_actions
        ),
        "users": users.UsersController(services.users, services.user_actions),
        "jobs": jobs.JobsController(services.jobs),
        "pushes": pushes.PushesController(services.pushes),
        "operations": operations.OperationsController(services.operations),
        "keypairs": keypairs.KeyPairsController(services.keypairs),
        "quotas": quotas.QuotasController(services.quotas),
        "limits": limits.LimitsController(services.quotas),
        "statistics": statistics.StatisticsController(services.quotas),
        "status": status.StatusController(services.status),
        "accounts": accounts.AccountsController(services.accounts),
        "orders": orders.OrdersController(services.orders),
        "tariffs": tariffs.TariffsController(services.tariffs),
        "charges": charges.ChargesController(services.charges),
        "costs": costs.CostsController(services.costs),
        "invoices": invoices.InvoicesController(
            services.invoices, services.month_close
        ),
        "credits": credits.CreditsController(services.credits),
        "usage-records": usage_records.UsageRecordsController(
            services.usage_records
        ),
    }
    root = RootController({"v1": V1Controller(v1)})
    v1["openapi.json"] = description.DescriptionController(root)
    return root
