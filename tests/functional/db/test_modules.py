"""How many modules a notification enters, from the broker's hand to the
database."""

from concertim_api.listener.intake import Dispatcher
from tests import samples, tracing
from tests.functional.db.conftest import Incoming


def test_modules(intake):
    dispatcher = Dispatcher(intake, "north")
    messages = (
        message
        for message in samples.fresh(10_000, seed=77)
        if message["event_type"] == "compute.instance.create.end"
    )

    def dispatch():
        assert dispatcher.dispatch([Incoming(next(messages))]) == set()

    tracing.check("a notification", dispatch)
    assert dispatcher.total.new == 3
