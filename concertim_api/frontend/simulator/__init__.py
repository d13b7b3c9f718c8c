"""The front end to the contract: its JSON interface over a model in memory.

    with simulator.serve() as server:
        app = server.app
        team = app.seed.team("team-a", "0c6f7b3e")
        app.faults.add("^POST /api/v1/racks", "drop_after", times=1)
        drive(server.url, "admin", "admin")
        assert app.count("POST /api/v1/racks") == 2
        assert app.snapshot(ids=False)["racks"]["team-a/c1"]["status"]

It can be asked without a server, too: ``asking``.
"""

from concertim_api.frontend.simulator.app import App
from concertim_api.frontend.simulator.seeds import LegacySeeds
from concertim_api.frontend.simulator.server import serve

__all__ = ["App", "LegacySeeds", "serve"]
