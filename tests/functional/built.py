"""All of our services, as they are configured, at a time of the tests."""

import importlib
import pathlib
from unittest import mock

from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.domain.view.model import Rules
from concertim_api.domain.view.ours import parse_rule
from concertim_api.services.view.projector import Projector

#: The projects that are shown: others are in the tests, too.
PROJECTS = "prefix:CM_"
RULES = Rules(projects=(parse_rule(PROJECTS),))

_MODULE = importlib.import_module("concertim_api.bootstrap.services")


def configured(folder, text=""):
    """Return a configuration with its file, and a new database, in a folder.

    ``text`` goes on in the section DEFAULT.
    """
    folder = pathlib.Path(folder)
    path = folder / "concertim.conf"
    path.write_text(
        f"[DEFAULT]\nstate_path = {folder}\nuse_stderr = false\n{text}"
    )
    conf = bootstrap.configure(default_config_files=[str(path)])
    conf.set_default("projects", [PROJECTS], "view")
    return conf


def services(conf, clock, clouds=None):
    """Return all services on the database of a configuration."""
    schema.sync(conf)
    with mock.patch.object(_MODULE, "SystemClock", return_value=clock):
        return bootstrap.services(conf, clouds)


def learn(services, cloud, *kinds):
    """Record what a cloud lists, of some kinds or of all."""
    for kind in kinds or cloud.kinds:
        for page in cloud.listing(kind, {}):
            services.recorder.reconcile(page.sightings)


def settle(store, clock, rules=None):
    """Bring the view up to date."""
    projector = Projector(store.projection, clock, rules or RULES)
    while projector.run(1000).more:
        pass
