"""The push to the front end: the real store and driver, and the simulated
app over HTTP."""

import pytest

from concertim_api.frontend import simulator
from tests.functional.db.conftest import (  # noqa: F401
    backend,
    configuration,
    new_database,
    recorder,
    shared,
    statements,
    store,
)
from tests.functional.push.site import Site


@pytest.fixture(params=["orders"])
def app(request):
    """The front end; indirect parameters say of which flavour."""
    with simulator.serve(flavour=request.param) as server:
        server.app.url = server.url
        server.app.server = server
        server.app.seed.cluster_type("slurm")
        yield server.app


@pytest.fixture
def site(store, recorder, app):  # noqa: F811
    return Site(store, recorder, app)


@pytest.fixture
def shown(site):
    """A site that shows one cluster."""
    return site.founded().cluster().shows()


@pytest.fixture
def pushed(shown):
    """The same, when the cluster is pushed."""
    shown.push()
    shown.writes()
    return shown
