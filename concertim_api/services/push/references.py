"""What objects of the front end refer to: teams, racks, templates."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import names
from concertim_api.domain.view.model import Device, Template
from concertim_api.services.push.frontend import FrontEnd, FrontEndObject
from concertim_api.services.push.ports import Binding, BindingKey, Bindings

#: Missing teams are listed again after so long.
_TEAMS = timedelta(seconds=30)


@dc.dataclass(slots=True)
class FrontEndIndex:
    """Objects of the front end that are not pushed.

    ``teams``: ids by project. ``seeds``: ids of the front end's own
    templates, by their tags. ``names`` of templates that are not ours.
    """

    teams: dict[str, str] = dc.field(default_factory=dict)
    teams_at: datetime | None = None
    seeds: dict[str, str] = dc.field(default_factory=dict)
    names: set[str] = dc.field(default_factory=set)

    def set_teams(
        self, teams: Iterable[FrontEndObject], now: datetime
    ) -> None:
        self.teams = {
            team.id: team.foreign_id for team in teams if team.id is not None
        }
        self.teams_at = now

    def set_templates(self, templates: Iterable[FrontEndObject]) -> None:
        foreign = [template for template in templates if template.id is None]
        self.names = {template.fields["name"] for template in foreign}
        self.seeds = {
            template.fields["tag"]: template.foreign_id
            for template in foreign
            if template.fields.get("tag")
        }

    def refresh_teams(
        self,
        front_end: FrontEnd,
        now: datetime,
        projects: Iterable[str | None],
    ) -> None:
        """List the teams if one of a project is missing, but not all the
        time. 1 request at most."""
        last = self.teams_at
        if last is not None and now - last < _TEAMS:
            return
        if any(p is not None and p not in self.teams for p in projects):
            self.set_teams(front_end.objects("team"), now)


class BatchReferences:
    """``frontend.References`` for the objects of one batch."""

    def __init__(self, index: FrontEndIndex) -> None:
        self._index = index
        self._bindings: dict[BindingKey, Binding] = {}
        self._names: Mapping[Ref, str] = {}

    def add(self, bindings: Iterable[Binding]) -> None:
        """Add bindings, or replace them with newer ones."""
        for binding in bindings:
            self._bindings[binding.key] = binding

    def add_of(self, bindings: Bindings, devices: Iterable[Device]) -> None:
        """Add the bindings of the racks and templates of devices, where they
        are missing. 1 statement."""
        keys: set[BindingKey] = set()
        for device in devices:
            keys.add(rack_key(device))
            if device.type == "Instance":
                keys.add(flavor_key(device))
        if keys:
            self._bindings = {**bindings.by_key(keys), **self._bindings}

    def name_templates(
        self, templates: Sequence[Template], bindings: Iterable[Binding]
    ) -> None:
        """Give each template a name that no other has. Oldest first."""
        keys = {template_key(template) for template in templates}
        keys |= {key._replace(region="") for key in keys}
        others = {b.name for b in bindings if b.key not in keys and b.actual}
        self._names = names.distinct(
            ((template.ref, template.name) for template in templates),
            names.TEMPLATE,
            others | self._index.names,
        )

    def __contains__(self, key: BindingKey) -> bool:
        return key in self._bindings

    def team(self, project_id: str | None) -> str | None:
        return self._index.teams.get(project_id or "")

    def rack(self, device: Device) -> str | None:
        return self._foreign_id(rack_key(device))

    def template(self, device: Device) -> str | None:
        if device.type != "Instance":
            return self._index.seeds.get(device.template_id or "")
        return self._foreign_id(flavor_key(device))

    def template_name(self, template: Template) -> str:
        return self._names.get(template.ref, template.name)

    def _foreign_id(self, key: BindingKey) -> str | None:
        binding = self._bindings.get(key)
        return binding.foreign_id if binding else None


def template_key(template: Template) -> BindingKey:
    return BindingKey("template", template.ref.region, template.ref.id)


def rack_key(device: Device) -> BindingKey:
    return BindingKey("rack", device.rack.region, device.rack.id)


def flavor_key(device: Device) -> BindingKey:
    """Return the key of a server's template, which is that of its flavor.

    If the id of the flavor is unknown, the key is made of the server's size.
    """
    flavor_id = device.template_id
    if flavor_id is None:
        size = (device.details.get(n) for n in ("vcpus", "ram_mb", "disk_gb"))
        label = device.template or "flavor"
        flavor_id = f"{label}/{'/'.join(map(str, size))}"
    return BindingKey("template", device.ref.region, flavor_id[:255])


def is_substitute(template_id: str) -> bool:
    """Whether a template stands for a flavor whose id is unknown. No
    flavor's id has a slash."""
    return "/" in template_id


def substitute(device: Device) -> Template:
    """Return a template for a server whose flavor the cloud no longer has."""
    key, details = flavor_key(device), device.details
    label = device.template or device.template_id or "flavor"
    return Template(
        ref=Ref(key.region, "flavor", key.id),
        name=names.acceptable(label, key.id, names.TEMPLATE),
        label=label,
        description="",
        height_u=device.slot.height_u if device.slot else 1,
        vcpus=details.get("vcpus"),
        ram_mb=details.get("ram_mb"),
        disk_gb=details.get("disk_gb"),
        public=False,
        details={},
    )
