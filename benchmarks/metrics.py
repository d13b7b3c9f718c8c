"""What it costs to count a request, against a request that is not counted.

In process, on a SQLite file: CPU time of whole requests for one page of ten
periods, through every middleware but Keystone's, in turns with and without
the meter in front of the same application. Prints one line; run it by ``tox
-e bench``.
"""

from __future__ import annotations

import collections
import pathlib
import statistics
import tempfile
import time
from typing import Any

import webob

from benchmarks import list as pages
from concertim_api.api.metered import Metered
from concertim_api.instrumentation import shared
from concertim_api.instrumentation.api import ApiMeter

ROUNDS = 1500
CEILING = 1.05


def cpu_ms(application: Any) -> float:
    """Return the CPU time of one request."""
    request = webob.Request.blank(
        "/v1/periods?limit=10", environ={"REMOTE_ADDR": "127.0.0.1"}
    )
    began = time.process_time()
    answer = request.get_response(application)
    took = time.process_time() - began
    assert answer.status_int == 200, answer.text
    return took * 1000


def taken(plain: Any, counted: Any, round_: int) -> tuple[float, float]:
    """Ask both, the other one first each time; return what they took."""
    if round_ % 2:
        return cpu_ms(plain), cpu_ms(counted)
    second = cpu_ms(counted)
    return cpu_ms(plain), second


def main(argv: list[str] | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = pages.application(folder)
        shared.share(pathlib.Path(folder) / "metrics")
        paths = collections.defaultdict(lambda: "/v1/periods")
        counted = Metered(plain, ApiMeter(None), paths)
        both = [taken(plain, counted, round_) for round_ in range(ROUNDS)]
    without, with_meter = map(statistics.median, zip(*both, strict=True))
    print(
        f"a request of ten periods: {with_meter:.3f} ms CPU counted, "
        f"{without:.3f} ms not; ratio {with_meter / without:.3f} "
        f"(<= {CEILING} wanted)"
    )


if __name__ == "__main__":
    main()
