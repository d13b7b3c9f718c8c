"""Templates."""

from __future__ import annotations

import dataclasses as dc

from tests.contract.concertim import coercions as to
from tests.contract.concertim import errors, parameters, validations
from tests.contract.concertim.controllers.base import find, keep
from tests.contract.concertim.model import Template

_ONCE = {"height": to.integer, "tag": to.text}


def index(call):
    return [
        call.show.template(template)
        for template in call.model.templates.values()
        if template.rackable
    ]


def create(call):
    blank = Template(call.model.new_id())
    return _save(call, blank, {**call.flavour.template, **_ONCE})


def update(call, id):
    template = find(call.model.templates, id)
    return _save(call, template, call.flavour.template)


def _save(call, template, columns):
    params = parameters.require(call.body, "template")
    sent = parameters.scalars(params, columns)
    row = dc.replace(template, **parameters.cast(columns, sent))
    found = validations.template(call.model, row, sent)
    return call.show.template(keep(call, row, found))


def delete(call, id):
    template = find(call.model.templates, id)
    if call.model.devices_from(id):
        message = "devices have been created from this template"
        raise errors.Refused(422, {"errors": message})
    call.model.drop(template)
    return {}
