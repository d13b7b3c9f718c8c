"""New databases of SQLite, and front ends, as many as a test wants."""

from __future__ import annotations

import contextlib
import itertools
import shutil

import pytest

from concertim_api.db import schema
from concertim_api.frontend import simulator
from tests.functional.db.conftest import _configuration
from tests.functional.machine.site import Fate, FatedSite


@pytest.fixture(scope="session")
def new_site(tmp_path_factory):
    """Return what makes a context with a new site of a fate."""
    folder = tmp_path_factory.mktemp("sites")
    template, numbers = folder / "template", itertools.count()
    schema.sync(_configuration(f"sqlite:///{template}/concertim.sqlite"))

    @contextlib.contextmanager
    def make(fate=None):
        fate = fate or Fate()
        place = shutil.copytree(template, folder / f"{next(numbers)}")
        conf = _configuration(f"sqlite:///{place}/concertim.sqlite")
        with simulator.serve() as server, fate.rules():
            server.app.url = server.url
            site = FatedSite(conf, server.app, fate)
            try:
                yield site
            finally:
                site.store.close()
                shutil.rmtree(place)

    return make
