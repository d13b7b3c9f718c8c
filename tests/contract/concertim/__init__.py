"""The front end to the contract: its JSON interface over a model in memory.

    with concertim.serve() as server:
        app = server.app
        team = app.seed.team("team-a", "0c6f7b3e")
        app.faults.add("^POST /api/v1/racks", "drop_after", times=1)
        drive(server.url, "admin", "admin")
        assert app.count("POST /api/v1/racks") == 2
        assert app.snapshot(ids=False)["racks"]["team-a/c1"]["status"]

It is an application of WSGI too, so it can be asked without a server.
"""

from tests.contract.concertim.app import App
from tests.contract.concertim.faults import Dropped, Faults, Rule
from tests.contract.concertim.flavours import FLAVOURS
from tests.contract.concertim.log import Entry
from tests.contract.concertim.seeds import LegacySeeds, Seeds
from tests.contract.concertim.server import Server, serve

__all__ = [
    "App",
    "Server",
    "serve",
    "Faults",
    "Rule",
    "Dropped",
    "Entry",
    "Seeds",
    "LegacySeeds",
    "FLAVOURS",
]
