"""What a listing of the recorded site tells beside its notifications.

All else is read by the same readers. A field that is spelled wrong would be
news in each full sync.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from concertim_api.clouds.base import KINDS, Asked
from concertim_api.domain.ledger.observations import Life, merge_shapes
from concertim_api.domain.ledger.sightings import news
from concertim_api.listener.translate import Translator
from concertim_api.payloads import cinder, glance, heat, neutron, nova
from concertim_api.services.ledger.recorder import Recorder
from tests import samples
from tests.fakes.clock import NOON
from tests.fakes.ledger import MemoryStore
from tests.unit.payloads import site

#: What only a listing tells, and why.
ONLY_LISTED = {
    # Keystone's notifications hold ids, and nothing of what they name.
    "project": {
        "name",
        "description",
        "domain_id",
        "enabled",
        "tags",
        "parent_id",
    },
    "user": {"name", "domain_id", "enabled"},
    # flavor.create says null of extra specs, whatever they are.
    "flavor": {"extra_specs"},
    # No notification of a volume has these.
    "volume": {"bootable", "encrypted"},
    # To a project that is no administrator's, notifications hide the first
    # two; that a network got a subnet is told only by the subnet.
    "network": {"network_type", "segmentation_id", "subnets"},
    # Heat never tells that a stack is part of another.
    "stack": {"parent"},
}

#: What was made before the recording began, and Cinder's own type.
UNTOLD = {
    "project": ["admin"],
    "user": ["admin"],
    "volume_type": ["__DEFAULT__"],
}

#: A live migration moves the binding of a port, without a port.update.
MIGRATED = {"host", "state"}

#: Ports that Neutron makes for itself: it tells of those of a router's
#: interfaces only, and little.
OWN_PORTS = (
    "network:router_gateway",
    "network:floatingip",
    "network:router_interface",
)


#: What no recorded listing has, and what no recorded notification has:
#: optional fields that nobody filled, and those of the other source.
UNRECORDED = {
    "instance": ("description", "description"),
    "flavor": ("projects description", ""),
    "volume": ("", "encrypted bootable"),
    "snapshot": ("", ""),
    "volume_type": ("", ""),
    "image": ("os_version os_distro", "os_version os_distro"),
    "stack": ("outputs user_id description", "outputs parent"),
    "port": ("description", "description"),
    "network": ("description l2_adjacency", "description l2_adjacency"),
    "router": ("description", "description"),
    "floating_ip": ("name description", "name"),
}
FORMS = {
    "instance": nova.SERVER,
    "flavor": nova.FLAVOR,
    "volume": cinder.VOLUME,
    "snapshot": cinder.COPY,
    "volume_type": cinder.VOLUME_TYPE,
    "image": glance.IMAGE,
    "stack": heat.STACK,
    "port": neutron.PORT,
    "network": neutron.NETWORK,
    "router": neutron.ROUTER,
    "floating_ip": neutron.FLOATING_IP,
}


@pytest.fixture(scope="module")
def listing():
    return site.listings()["end"]


@pytest.fixture
def ledger():
    store, translator = MemoryStore(), Translator()
    recorder = Recorder(store)
    for message in site.notifications():
        recorder.record(translator.translate(message, "demo", NOON))
    return store


def page(listing, kind, at="taken_at"):
    what, read = site.readers(listing)[kind]
    asked = Asked("demo", datetime.fromisoformat(listing[at]))
    return asked.page(kind, listing[what], read)


def names(form):
    """Return the names of the attributes of a form."""
    return {*form.shape, *form.details}


@pytest.fixture(scope="module")
def notified():
    translator = Translator()
    return [
        observation
        for message in (*site.notifications(), *samples.messages())
        for observation in translator.translate(message, "demo", NOON)
    ]


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_each_attribute_is_where_its_source_has_it(listing, notified, kind):
    listed = [s.observation for s in page(listing, kind).sightings]
    events = [o for o in notified if o.ref.kind == kind]
    for observations, unrecorded in zip(
        (listed, events), UNRECORDED[kind], strict=True
    ):
        recorded = {n for o in observations for n in (*o.shape, *o.details)}
        missing = names(FORMS[kind]) - recorded
        assert missing == set(unrecorded.split())


def life(ledger, sighting):
    return ledger.lives([sighting.observation.ref])[sighting.observation.ref]


def differences(known, seen):
    """Return the names of the attributes that a sighting makes others."""
    old = {**known.shape, **known.details}
    new = {
        **merge_shapes(known.shape, seen.shape),
        **merge_shapes(known.details, seen.details),
    }
    found = {name for name in new if new[name] != old.get(name, old)}
    if seen.project_id != known.project_id:
        found.add("project_id")
    return found


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"port"}))
def test_a_listing_of_what_was_told_is_no_news(ledger, listing, kind):
    untold = []
    for sighting in page(listing, kind).sightings:
        known = life(ledger, sighting)
        if known.start is None:
            untold.append(sighting.observation.details["name"])
            continue
        assert differences(known, sighting.observation) <= ONLY_LISTED.get(
            kind, set()
        ), sighting
    assert untold == UNTOLD.get(kind, [])


def test_nor_are_the_ports_of_servers(ledger, listing):
    compared, migrated = 0, 0
    for sighting in page(listing, "port").sightings:
        seen = sighting.observation
        if seen.details["device_owner"] not in OWN_PORTS:
            found = differences(life(ledger, sighting), seen)
            assert found in (set(), MIGRATED)
            compared += 1
            migrated += found == MIGRATED
    assert compared > 25
    assert migrated == 1


def test_a_deleted_server_ended_as_was_told(ledger, listing):
    _, read = site.readers(listing)["instance"]
    asked = Asked("demo", datetime.fromisoformat(listing["taken_at"]))
    found = asked.page("instance", listing["deleted_servers"], read)
    assert found.left_out == []
    assert len(found.sightings) > 10
    for sighting in found.sightings:
        known = life(ledger, sighting)
        assert sighting.observation.says == "gone"
        assert sighting.observation.at == known.end
        assert news(known, sighting) is None
        # The same, had we heard nothing of it.
        assert bool(news(Life(), sighting)) == bool(sighting.observation.since)
