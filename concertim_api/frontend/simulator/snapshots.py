"""All that the front end shows, to be compared."""

from __future__ import annotations

import copy


def by_id(model, show):
    """Return ``{"teams": {id: JSON}, "templates": .., ..}``."""
    shown = {
        "teams": map(show.team, model.teams.values()),
        "templates": map(show.template, _rackable(model)),
        "racks": map(show.rack, model.racks.values()),
        "devices": map(show.device, model.devices.values()),
    }
    return {
        kind: {document["id"]: copy.deepcopy(document) for document in found}
        for kind, found in shown.items()
    }


def by_name(model, show):
    """Return the same without ids: racks are "team/rack", and so on.

    So the ends of two stories can be compared.
    """
    shown = by_id(model, show)
    names = _names(model)
    return {
        kind: {
            names[row_id]: _nameless(document, names)
            for row_id, document in documents.items()
        }
        for kind, documents in shown.items()
    }


def _rackable(model):
    return [t for t in model.templates.values() if t.rackable]


def _names(model):
    names = {}
    for table in (model.teams, model.templates):
        names |= {row.id: row.name for row in table.values()}
    for rack in model.racks.values():
        names[rack.id] = f"{names[rack.team_id]}/{rack.name}"
    for device in model.devices.values():
        names[device.id] = f"{names[device.rack_id]}/{device.name}"
    return names


def _nameless(document, names):
    del document["id"]
    if "owner" in document:
        document["owner"] = names[document["owner"]["id"]]
    if "template_id" in document:
        document["template"] = names[document.pop("template_id")]
    if "location" in document:
        place = document["location"]
        place["rack"] = names[place.pop("rack_id")]
    return document
