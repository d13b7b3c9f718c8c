"""A simulated OpenStack, served over real HTTP on the loopback.

    with Simulator() as simulator:
        site = simulator.site
        project = site.add_project("CM_astro")
        server = site.add_server(project, "login")
        conf = simulator.conf()          # [cloud] options that lead to it
        simulator.fault("servers/detail", status=500, after=2)
        assert simulator.count("GET /compute/") == 3

It answers as the services do, as far as a driver can tell: paging with a
limit of their own, microversions, links, bodies of errors.
"""

from tests.fakes.openstack.simulator import Fault, Simulator
from tests.fakes.openstack.site import Site

__all__ = ["Fault", "Simulator", "Site"]
