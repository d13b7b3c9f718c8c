"""Random histories of one resource, on a small grid of seconds.

Small, so that facts collide: equal times, ends before starts, absences
between lives.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from concertim_api.domain.ledger.observations import (
    TOLERANCE,
    Observation,
    Ref,
)

REF = Ref("north", "instance", "i-1")
T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
GRID = 12
#: Seconds, at most, by which an observation is brought back.
EARLIEST = 6
SECONDS = range(-EARLIEST - 2, GRID + 8)
SAYS = ("alive", "alive", "mentioned", "gone", "absent", "restored")
CORRECTIONS = ("set", "amend", "void")


def second(offset):
    return T0 + timedelta(seconds=offset)


def observation(
    at, says="alive", key=None, reported=None, since=None, until=None, **facts
):
    project_id = facts.pop("project_id", None)
    reported = at if reported is None else reported
    received = facts.pop("received", reported)
    return Observation(
        ref=REF,
        at=second(at),
        reported_at=second(reported),
        received_at=second(received),
        key=key or f"{says}-{at}-{sorted(facts.items())}",
        says=says,
        project_id=project_id,
        shape=facts,
        since=None if since is None else second(since),
        until=None if until is None else second(until),
    )


def random_history(seed, corrections=False):
    """Return a few observations; the same ones for the same seed.

    Some come twice, with another receipt.
    """
    rng = random.Random(seed)
    return [
        copy
        for n in range(rng.randint(1, 8))
        for copy in _copies(rng, n, corrections)
    ]


def _copies(rng, n, corrections):
    says = rng.choice(SAYS + (CORRECTIONS if corrections else ()))
    at = rng.randrange(GRID)
    facts = {}
    if says not in ("absent", "void"):
        if rng.random() < 0.7:
            facts["flavor"] = {"id": rng.choice("sm"), "vcpus": 1}
        if rng.random() < 0.4:
            facts["state"] = rng.choice(("active", "stopped"))
        if rng.random() < 0.2:
            facts["project_id"] = rng.choice("pq")
    until = None
    reported = at + rng.choice((0, 0, 0.25, 0.5, 3))
    if says in CORRECTIONS:
        reported = rng.randrange(at, GRID + 3) + 0.75
        if rng.random() < 0.6:
            until = rng.randrange(at, int(reported) + 1)
    since = None
    if says in ("alive", "mentioned", "gone") and rng.random() < 0.3:
        since = rng.randint(0, at)
    for _ in range(1 if says in CORRECTIONS else rng.choice((1, 1, 2))):
        received = _receipt(rng, says, at, reported)
        yield observation(
            at,
            says,
            str(n),
            reported,
            since,
            until,
            received=received,
            **facts,
        )


def _receipt(rng, says, at, reported):
    """Return when it came: mostly later, or so early that it is ahead."""
    if says in CORRECTIONS:
        return reported
    if rng.random() < 0.6:
        return reported + rng.choice((0, 0.5, 3))
    early = rng.randint(-EARLIEST, 2) + rng.choice((0, 0.25))
    return at + early - TOLERANCE.total_seconds()


def histories(corrections=False):
    """A hypothesis strategy of histories."""
    return st.integers(0, 2**48).map(
        lambda seed: random_history(seed, corrections)
    )


def shuffled(observations, rng):
    """Return them in another order, some of them twice."""
    repetitions = [o for o in observations if rng.random() < 0.3]
    result = observations + repetitions
    rng.shuffle(result)
    return result


def split(observations, rng):
    """Return them as batches."""
    batches, rest = [], list(observations)
    while rest:
        size = rng.randint(1, len(rest))
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


def by_second(periods):
    """Return what each second of the grid was like, by the periods."""
    return {
        n: (p.project_id, dict(p.shape))
        for p in periods
        for n in SECONDS
        if p.start <= second(n) and (p.end is None or second(n) < p.end)
    }
