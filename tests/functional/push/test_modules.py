"""How many modules the push of one change enters."""

import itertools

from tests import tracing


def test_modules(site):
    site.founded().cluster().shows().push()
    reasons = (f"reason {number}" for number in itertools.count())

    def push():
        assert site.push(until_done=False) == {"updated": 1}

    tracing.check(
        "a push of one change",
        push,
        lambda: site.cluster(state_reason=next(reasons)).shows(),
    )
