"""What it costs to render a page of rows, against a function that is written
for rows of this type.

In process, CPU time, in turns: 1000 periods as the store gives them become
JSON. Prints one line; run it by ``tox -e bench``.
"""

from __future__ import annotations

import collections
import datetime
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from concertim_api.api import render, types
from concertim_api.api.controllers.v1.periods import Period

ROWS = 1000
ROUNDS = 300
CEILING = 2.0


def page() -> list[Any]:
    """Return rows as the store gives them: named tuples."""
    row = collections.namedtuple("row", types.fields(Period))  # type: ignore[misc]
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    shape = orjson.dumps(
        {
            "flavor": {"id": "42", "name": "m1.medium", "vcpus": 4},
            "state": "active",
            "image": {"id": "7" * 32, "name": "rocky-9"},
        }
    ).decode()
    return [
        row(
            n,
            "RegionOne",
            "instance",
            f"{n:032x}",
            f"node-{n}",
            f"{n % 3:032x}",
            start + datetime.timedelta(minutes=n),
            None,
            "active",
            "m1.medium",
            4,
            8192,
            40,
            shape,
        )
        for n in range(ROWS)
    ]


def rendered(rows: Sequence[Any]) -> bytes:
    return render.dumps([*render.rows(Period, rows)])


def by_hand(rows: Sequence[Any]) -> bytes:
    return render.dumps(
        [
            {
                "id": row[0],
                "region": row[1],
                "kind": row[2],
                "resource_id": row[3],
                "name": row[4],
                "project_id": row[5],
                "start": row[6],
                "end": row[7],
                "state": row[8],
                "type": row[9],
                "vcpus": row[10],
                "ram_mb": row[11],
                "disk_gb": row[12],
                "shape": orjson.Fragment(row[13]),
            }
            for row in rows
        ]
    )


def cpu_ms(
    work: Callable[[Sequence[Any]], bytes], rows: Sequence[Any]
) -> float:
    began = time.process_time()
    work(rows)
    return (time.process_time() - began) * 1000


def main(argv: Sequence[str] | None = None) -> None:
    rows = page()
    assert rendered(rows) == by_hand(rows)
    both = [
        (cpu_ms(rendered, rows), cpu_ms(by_hand, rows))
        for _round in range(ROUNDS)
    ]
    ours, hand = map(statistics.median, zip(*both, strict=True))
    print(
        f"a page of {ROWS} periods: {ours:.2f} ms CPU, written by hand "
        f"{hand:.2f} ms; ratio {ours / hand:.2f} (<= {CEILING} wanted)"
    )


if __name__ == "__main__":
    main()
