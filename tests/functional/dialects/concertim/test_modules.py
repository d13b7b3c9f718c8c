"""How many modules a legacy POST enters."""

import itertools

from tests import tracing


def test_modules(stage, bob, things):
    server = things["instances"]["id"]
    actions = itertools.cycle(["on", "off"])
    tracing.check(
        "a legacy POST",
        lambda: stage.act(bob, "instances", server, next(actions)),
    )
