"""What is installed: our version, and Python's."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from concertim_api.instrumentation.declared import BUILD_INFO


class BuildCollector(Collector):
    """Shows the versions. It is no ``Gauge``: processes would share that."""

    _versions = (metadata.version("concertim-api"), platform.python_version())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        name, says, labels = (
            BUILD_INFO.name,
            BUILD_INFO.says,
            BUILD_INFO.labels,
        )
        family = GaugeMetricFamily(name, says, labels=labels)
        family.add_metric(self._versions, 1)
        yield family
