"""The survey: all that the front end holds, compared with the bindings."""

from __future__ import annotations

import dataclasses as dc
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.services.push.frontend import (
    NOUNS,
    FrontEnd,
    FrontEndObject,
)
from concertim_api.services.push.ports import Binding, BindingKey, Bindings

LOG = logging.getLogger(__name__)


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


def survey(
    front_end: FrontEnd,
    bindings: Bindings,
    index: FrontEndIndex,
    now: datetime,
) -> None:
    """Store what the front end holds, and make all of the view due.

    An object that carries an id of the cloud and has no binding gets one
    without a region: it is a stray. The push gives it to what the view shows
    with this id, or else deletes it. So objects of another program, or of a
    run that was killed, are found and not created twice.

    1 request for each noun. Statements: those of ``Bindings.present`` and
    ``save_survey``. Memory: all that the front end holds.

    Raises FrontEndAway: nothing was done.
    """
    objects = {noun: front_end.objects(noun) for noun in (*NOUNS, "team")}
    index.set_teams(objects["team"], now)
    index.set_templates(objects["template"])
    comparison = _Comparison(objects, bindings.present(), now)
    bindings.save_survey(comparison.kept, comparison.dropped)
    if comparison.strays or comparison.lost:
        LOG.info(
            "The front end has %s objects; %s were put there by others, and "
            "%s of this service are missing there",
            comparison.total,
            len(comparison.strays),
            comparison.lost,
        )


class _Comparison:
    """The objects of the front end beside the bindings: which bindings are
    kept, and with what, and which ones are dropped.

    ``total``: how many objects there are. ``strays``: the bindings of those
    that had none. ``lost``: how many bindings have no object any more.
    """

    def __init__(
        self,
        objects: Mapping[str, Sequence[FrontEndObject]],
        bindings: Iterable[Binding],
        now: datetime,
    ) -> None:
        self._objects = {
            (noun, answer.foreign_id): answer
            for noun in NOUNS
            for answer in objects[noun]
        }
        self._racks = {rack.foreign_id: rack.id for rack in objects["rack"]}
        self._now = now
        self.kept: list[Binding] = []
        self.dropped: list[Binding] = []
        self.total = len(self._objects)
        self.lost = sum(map(self._compare, bindings))
        self.strays = self._strays()
        self.kept += self.strays

    def _compare(self, binding: Binding) -> bool:
        """Compare a binding with its object; return whether that is lost."""
        key = binding.key
        if not key.region:
            self.dropped.append(binding)  # if it is there, it is found again
            return False
        answer = self._objects.pop((key.noun, binding.foreign_id or ""), None)
        if answer is None:
            self._keep(binding, foreign_id=None, actual={}, template_id=None)
            return True
        actual = {**answer.fields}
        if "not_kept" in binding.actual:
            actual["not_kept"] = binding.actual["not_kept"]
        self._keep(binding, actual=actual)
        return False

    def _keep(self, binding: Binding, **fields: Any) -> None:
        self.kept.append(
            dc.replace(binding, state="waiting", due_at=self._now, **fields)
        )

    def _strays(self) -> list[Binding]:
        """Return bindings for the objects that have none. Of several objects
        with one id, all but the first get their foreign id as the key."""
        keys: set[tuple[str, str]] = set()
        strays = []
        for answer in self._objects.values():
            if answer.id is None:
                continue
            key = answer.noun, answer.id
            is_first = key not in keys
            keys.add(key)
            key_id = answer.id if is_first else answer.foreign_id
            strays.append(self._stray(answer, key_id))
        return strays

    def _stray(self, answer: FrontEndObject, key_id: str) -> Binding:
        fields = answer.fields
        return Binding(
            key=BindingKey(answer.noun, "", key_id[:255]),
            name=str(fields.get("name", "")),
            rack_id=self._racks.get(fields.get("rack_id", "")),
            foreign_id=answer.foreign_id,
            actual=fields,
            generation=1,
            state="waiting",
            due_at=self._now,
        )
