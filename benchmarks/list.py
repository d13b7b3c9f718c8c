"""What a list of 1000 periods costs, against bare orjson of the same rows.

In process, on a SQLite file: CPU time of whole requests, through every
middleware but Keystone's. Prints one line; run it by ``tox -e bench``.
"""

from __future__ import annotations

import datetime
import pathlib
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import webob

from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.domain.ledger.observations import Observation, Ref

ROWS = 1000
ROUNDS = 150
CEILING_MS = 6.0

_EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def observations(number: int = ROWS) -> list[Observation]:
    """Return the starts of so many servers."""
    found = []
    for n in range(number):
        at = _EPOCH + datetime.timedelta(minutes=n)
        found.append(
            Observation(
                ref=Ref("RegionOne", "instance", f"{n:032x}"),
                at=at,
                reported_at=at,
                received_at=at,
                key=f"message-{n}",
                says="alive",
                project_id=f"{n % 3:032x}",
                shape={
                    "flavor": {
                        "id": "42",
                        "name": "m1.medium",
                        "vcpus": 4,
                        "ram_mb": 8192,
                        "disk_gb": 40,
                        "extra_specs": {"hw:cpu_policy": "dedicated"},
                    },
                    "state": "active",
                    "image": {"id": f"{n % 7:032x}", "name": "rocky-9"},
                },
                details={"name": f"node-{n}", "host": f"compute-{n % 40}"},
            )
        )
    return found


def application(folder: str) -> Any:
    """Return the application on a database of its own."""
    path = pathlib.Path(folder) / "concertim.conf"
    path.write_text(
        f"[DEFAULT]\nstate_path = {folder}\nuse_stderr = false\n"
        "[api]\nauth_strategy = noauth\n"
    )
    conf = bootstrap.configure(default_config_files=[str(path)])
    schema.sync(conf)
    services = bootstrap.services(conf)
    services.recorder.record(observations())
    return bootstrap.api(conf, services)


def cpu_ms(work: Callable[[], Any]) -> float:
    """Return the CPU time of the quickest of several rounds."""
    best = float("inf")
    for _round in range(ROUNDS):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best * 1000


def main(argv: Sequence[str] | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = application(folder)

        def ask() -> bytes:
            request = webob.Request.blank(
                f"/v1/periods?limit={ROWS}",
                environ={"REMOTE_ADDR": "127.0.0.1"},
            )
            answer = request.get_response(app)
            assert answer.status_int == 200, answer.text
            return answer.body

        rows = orjson.loads(ask())
        assert len(rows["periods"]) == ROWS
        whole = cpu_ms(ask)
        bare = cpu_ms(lambda: orjson.dumps(rows))
    print(
        f"list of {ROWS} periods: {whole:.2f} ms CPU a request "
        f"(<= {CEILING_MS:.0f} wanted); bare orjson of the same rows "
        f"{bare:.2f} ms; ratio {whole / bare:.1f}"
    )


if __name__ == "__main__":
    main()
