"""What things of the front end refer to: teams, racks, templates."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import names
from concertim_api.domain.view.model import Device, Template
from concertim_api.services.push.frontend import FrontEnd, Thing
from concertim_api.services.push.ports import Binding, Bindings, Subject

#: A team that is not there is looked for again after so long.
_TEAMS = timedelta(seconds=30)


@dc.dataclass(slots=True)
class Stock:
    """What the front end has beside what we push.

    ``teams`` by project; ``seeds``: its own templates, by what they are for;
    ``names`` of templates that are none of ours.
    """

    teams: dict[str, str] = dc.field(default_factory=dict)
    teams_at: datetime | None = None
    seeds: dict[str, str] = dc.field(default_factory=dict)
    names: set[str] = dc.field(default_factory=set)

    def take_teams(self, things: Iterable[Thing], now: datetime) -> None:
        self.teams = {
            team.id: team.foreign_id for team in things if team.id is not None
        }
        self.teams_at = now

    def take_templates(self, things: Iterable[Thing]) -> None:
        theirs = [thing for thing in things if thing.id is None]
        self.names = {thing.fields["name"] for thing in theirs}
        self.seeds = {
            thing.fields["tag"]: thing.foreign_id
            for thing in theirs
            if thing.fields.get("tag")
        }

    def wants_teams(self, projects: Iterable[str | None]) -> bool:
        return any(p is not None and p not in self.teams for p in projects)

    def may_ask(self, now: datetime) -> bool:
        return self.teams_at is None or now - self.teams_at >= _TEAMS


class Links:
    """``frontend.Links`` for the things of one run."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._bound: dict[Subject, Binding] = {}
        self._names: Mapping[Ref, str] = {}

    def note(self, bindings: Iterable[Binding]) -> None:
        """Know these bindings, or that they changed."""
        for binding in bindings:
            self._bound[binding.subject] = binding

    def name_templates(
        self, templates: Sequence[Template], bound: Iterable[Binding]
    ) -> None:
        """Give each template a name that no other has. Oldest first."""
        ours = {subject_of(template) for template in templates}
        ours |= {subject._replace(region="") for subject in ours}
        others = {b.name for b in bound if b.subject not in ours and b.held}
        self._names = names.distinct(
            ((template.ref, template.name) for template in templates),
            names.TEMPLATE,
            others | self._stock.names,
        )

    def knows(self, subject: Subject) -> bool:
        return subject in self._bound

    def binding(self, subject: Subject) -> Binding | None:
        return self._bound.get(subject)

    def team(self, project_id: str | None) -> str | None:
        return self._stock.teams.get(project_id or "")

    def rack(self, device: Device) -> str | None:
        return self._foreign(rack_of(device))

    def template(self, device: Device) -> str | None:
        if device.type != "Instance":
            return self._stock.seeds.get(device.template_id or "")
        return self._foreign(template_of(device))

    def template_name(self, template: Template) -> str:
        return self._names.get(template.ref, template.name)

    def _foreign(self, subject: Subject) -> str | None:
        binding = self._bound.get(subject)
        return binding.foreign_id if binding else None


def subject_of(template: Template) -> Subject:
    return Subject("template", template.ref.region, template.ref.id)


def rack_of(device: Device) -> Subject:
    return Subject("rack", device.rack.region, device.rack.id)


def template_of(device: Device) -> Subject:
    """Return the template of a server: that of its flavor.

    Of a flavor whose id nobody knows any more, by what the server tells.
    """
    told = device.template_id
    if told is None:
        size = (device.details.get(n) for n in ("vcpus", "ram_mb", "disk_gb"))
        told = f"{device.template or 'flavor'}/{'/'.join(map(str, size))}"
    return Subject("template", device.ref.region, told[:255])


def is_substitute(template_id: str) -> bool:
    """Whether this stands for a flavor whose id is not known. No flavor's
    id has a slash."""
    return "/" in template_id


def substitute(device: Device) -> Template:
    """Return a template for a server whose flavor the cloud has no more."""
    subject, details = template_of(device), device.details
    label = device.template or device.template_id or "flavor"
    return Template(
        ref=Ref(subject.region, "flavor", subject.id),
        name=names.acceptable(label, subject.id, names.TEMPLATE),
        label=label,
        description="",
        height_u=device.slot.height_u if device.slot else 1,
        vcpus=details.get("vcpus"),
        ram_mb=details.get("ram_mb"),
        disk_gb=details.get("disk_gb"),
        public=False,
        details={},
    )


def find(
    bindings: Bindings, devices: Iterable[Device]
) -> dict[Subject, Binding]:
    """Return what is bound of the racks and templates of devices. 1
    statement."""
    wanted: set[Subject] = set()
    for device in devices:
        wanted.add(rack_of(device))
        if device.type == "Instance":
            wanted.add(template_of(device))
    return bindings.held(wanted) if wanted else {}


def ask_for_teams(
    stock: Stock,
    front_end: FrontEnd,
    now: datetime,
    projects: Iterable[str | None],
) -> None:
    """Look for teams that are not known, but not all the time. 1 request."""
    if stock.wants_teams(projects) and stock.may_ask(now):
        stock.take_teams(front_end.things("team"), now)
