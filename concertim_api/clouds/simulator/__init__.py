"""A simulated OpenStack, served over real HTTP on the loopback.

    with Simulator() as simulator:
        site = simulator.site
        project = site.add_project("CM_astro")
        server = site.add_server(project, "login")
        conf = simulator.conf()          # [cloud] options that lead to it
        simulator.fault("servers/detail", status=500, after=2)
        assert simulator.count("GET /compute/") == 3

Others than the administrator log in, and see what is of their project:

        simulator.add_user("ada", "her password", {project["id"]: ["member"]})
        simulator.delay = 30             # seconds that the work takes
        simulator.failing[server["id"]] = "why it fails in the end"
        simulator.settle()               # or all of it at once
        simulator.fault("DELETE .*/servers/", drop=True, before=True, times=1)
        assert simulator.counts()["DELETE /compute/v2.1/servers/{id}"] == 1

It answers as the services do, as far as a driver can tell: paging with a
limit of their own, microversions, links, bodies of errors.
"""

from concertim_api.clouds.simulator.simulator import Fault, Simulator
from concertim_api.clouds.simulator.site import COLLECTIONS, Site

__all__ = ["COLLECTIONS", "Fault", "Simulator", "Site"]
