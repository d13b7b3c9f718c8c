"""Run the gabbits: one file for each noun, each against a new database."""

import pathlib
import shutil
import sys
import tempfile
import unittest

import pytest
from gabbi import driver, fixture

from concertim_api import bootstrap
from tests.functional.api import (
    accounts,
    acting,
    billing,
    cloud,
    operable,
    tariffs,
    view,
)

GABBITS = pathlib.Path(__file__).parents[1] / "gabbits"


class ApiFixture(fixture.GabbiFixture):
    """A new application for each file of gabbits."""

    current = None
    takes_tokens = False

    def start_fixture(self):
        self._folder = tempfile.mkdtemp()
        conf = cloud.configuration(
            self._folder,
            auth_strategy="noauth",
            max_limit=50,
            default_limit=10,
        )
        self._services = cloud.services(conf, clouds=self.clouds())
        application = bootstrap.api(conf, self._services)
        if self.takes_tokens:
            application = operable.with_tokens(application)
        ApiFixture.current = application

    def clouds(self):
        """Return the regions in which something can be done."""
        return {}

    def stop_fixture(self):
        self._services.store.close()
        shutil.rmtree(self._folder)


class ViewFixture(ApiFixture):
    """The same, with its clusters as racks, and with tariffs."""

    def start_fixture(self):
        super().start_fixture()
        view.shown(self._services)
        tariffs.load(self._services)


class TariffFixture(ApiFixture):
    """The same, with tariffs."""

    def start_fixture(self):
        super().start_fixture()
        tariffs.load(self._services)


class BillingFixture(ViewFixture):
    """Clusters as racks, and their bills."""

    def start_fixture(self):
        super().start_fixture()
        billing.billed(self._services)


class CloudFixture(ApiFixture):
    """The same, with a cloud that does what callers have it do.

    Who sends X-Auth-Token has a token of Keystone.
    """

    takes_tokens = True

    def clouds(self):
        return {"RegionOne": operable.cloud()[1]}


class AccountsFixture(CloudFixture):
    """The same, with a Keystone in which time goes on."""

    def clouds(self):
        return {"RegionOne": accounts.cloud()}


class ActionFixture(ViewFixture):
    """Clusters as racks, in a cloud that acts on them; who sends
    X-Auth-Token has a token of Keystone."""

    takes_tokens = True

    def clouds(self):
        return {"RegionOne": acting.cloud()}


class PushFixture(ViewFixture):
    """The same, with what a front end holds of it."""

    def start_fixture(self):
        super().start_fixture()
        view.pushed(self._services)


class OrderFixture(ViewFixture):
    """The same, with an account for each team and an order for each rack."""

    def start_fixture(self):
        super().start_fixture()
        view.ordered(self._services)


def _current(environ, start_response):
    """Answer for the fixture's application, as if on this machine.

    Gabbi asks for the application before fixtures start, and makes up the
    names of hosts.
    """
    environ["HTTP_HOST"] = "localhost"
    return ApiFixture.current(environ, start_response)


SUITES = {
    suite._tests[0].__class__.__name__.partition("_")[0]: suite
    for suite in driver.build_tests(
        str(GABBITS),
        unittest.TestLoader(),
        host=None,
        intercept=lambda: _current,
        fixture_module=sys.modules[__name__],
        test_loader_name="gabbits",
    )
}


@pytest.mark.parametrize("noun", sorted(SUITES))
def test_gabbits(noun):
    # NOTE: gabbi's own plugin for pytest takes every test with a colon in
    # its name for one of gabbi's.
    result = unittest.TestResult()
    SUITES[noun].run(result)
    wrong = [text for _test, text in result.failures + result.errors]
    assert not wrong, "\n".join(wrong)
    assert result.testsRun > 1
