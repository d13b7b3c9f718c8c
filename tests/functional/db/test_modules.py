"""How many modules a notification enters, from the broker's hand to the
database."""

from concertim_api.bootstrap import SystemClock
from concertim_api.listener.intake import Dispatcher, Intake
from concertim_api.listener.translate import Translator
from tests import samples, tracing


class Incoming:
    """What oslo.messaging hands over."""

    def __init__(self, message):
        self.message = message


def test_modules(store, recorder):
    intake = Intake(
        Translator(),
        recorder,
        store.dead_letters,
        store.refreshes,
        store,
        SystemClock(),
    )
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
