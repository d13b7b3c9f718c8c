"""Registries of a test's own, and what they show."""

import prometheus_client as client
import pytest
from prometheus_client.parser import text_string_to_metric_families


class Shown:
    """What a scrape of a registry shows."""

    def __init__(self, text):
        self.families = {
            f.name: f for f in text_string_to_metric_families(text)
        }
        self._samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    def value(self, name, /, **labels):
        """Return the value of a sample; None: it is not there."""
        return self._samples.get((name, frozenset(labels.items())))

    def labels(self, name):
        return [dict(ls) for found, ls in self._samples if found == name]


@pytest.fixture
def registry():
    return client.CollectorRegistry()


@pytest.fixture
def shown(registry):
    return lambda: Shown(client.generate_latest(registry).decode())
