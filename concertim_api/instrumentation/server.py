"""The server that shows the metrics of a daemon: prometheus_client's."""

from __future__ import annotations

import logging
import threading

import prometheus_client as client

from concertim_api.caching import Caching
from concertim_api.instrumentation.installed import BuildCollector

LOG = logging.getLogger(__name__)

#: Seconds between two tries, while another process has the port.
_AGAIN = 5.0


class Server:
    """Shows a registry at an address as soon as that is free.

    Nothing waits for that. Of two agents on one machine the second shows its
    metrics when the first has ended.
    """

    def __init__(self, address: str, port: int) -> None:
        self.registry = client.CollectorRegistry()
        self.registry.register(BuildCollector())
        # True here: a daemon has one process for each page.
        client.ProcessCollector(registry=self.registry)
        self._address = address
        self._port = port
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, name="metrics", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop, and free the address."""
        self._stopping.set()
        self._thread.join()

    def _serve(self) -> None:
        is_waiting = False
        while True:
            try:
                server, _ = client.start_http_server(
                    self._port, self._address, self.registry
                )
                server.set_app(Caching(server.get_app()))
                break
            except OSError as exc:
                if not is_waiting:
                    self._complain(exc)
                is_waiting = True
            if self._stopping.wait(_AGAIN):
                return
        LOG.info("Metrics are at http://%s:%s", self._address, self._port)
        self._stopping.wait()
        server.shutdown()
        server.server_close()

    def _complain(self, exc: OSError) -> None:
        LOG.warning(
            "Metrics can't be shown at %s:%s yet: %s",
            self._address,
            self._port,
            exc,
        )
