"""The driver of OpenStack, on a simulated one. It does not wait."""

from __future__ import annotations

import contextlib
import io

import orjson
import requests
from requests.adapters import BaseAdapter

from concertim_api.clouds import openstack
from concertim_api.clouds.simulator import Simulator
from concertim_api.clouds.simulator.apis import Request
from concertim_api.http.session import Patience

#: Where a simulator seems to be that has no socket.
URL = "http://openstack.invalid"

_PATIENCE = Patience(retries=1, sleep=lambda seconds: None)


@contextlib.contextmanager
def served(site, clock, region="RegionOne", **options):
    """Serve a site over HTTP; yield the simulator, and the driver's cloud.

    ``options`` are those of [cloud].
    """
    with Simulator(site, region) as simulator:
        conf = simulator.conf(**options)
        (cloud,) = openstack.clouds(conf, clock, _PATIENCE)
        yield simulator, cloud


def in_process(site, clock, region="RegionOne", **options):
    """Return the same without a socket, for tests of what is above the
    driver: a request takes half the time."""
    simulator = Simulator(site, region)
    simulator.url = URL
    (cloud,) = openstack.clouds(simulator.conf(**options), clock, _PATIENCE)
    session = cloud._login.get_session().session
    session.mount(simulator.url, _Adapter(simulator))
    return simulator, cloud


class _Adapter(BaseAdapter):
    """Hands requests to a simulator. Its faults may not cut or delay."""

    def __init__(self, simulator):
        super().__init__()
        self._simulator = simulator

    def send(self, request, **options):
        body = request.body or b""
        response, _ = self._simulator.respond(
            Request.of(
                request.method,
                request.path_url,
                request.headers,
                body if isinstance(body, str) else body.decode(),
            )
        )
        content = response.body
        if not isinstance(content, bytes):
            content = orjson.dumps(content)
        answer = requests.Response()
        answer.request, answer.url = request, request.url
        answer.status_code = response.status
        answer.headers["Content-Type"] = "application/json"
        answer.headers.update(response.headers)
        answer.raw = io.BytesIO(content)
        return answer

    def close(self):
        pass
