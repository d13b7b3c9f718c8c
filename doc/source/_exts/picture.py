"""The picture of a rack of the demo: picture.py writes it anew.

It is kept as a file, so that the README shows it, too; a test compares it
with what the API draws today.
"""

from __future__ import annotations

import gzip
import json
import pathlib
import tempfile

import webob

from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.domain.ledger.region_rules import Origin
from concertim_api.services.view.projector import Projector

ROOT = pathlib.Path(__file__).resolve().parents[3]
FILE = ROOT / "doc/source/_static/rack.svg"
RACK = "9fcaf035-4073-4c17-b392-da3a4d9aaa68"  # weather-cluster-1
AT = "2026-11-21T04:15:25Z"  # it grows


def drawn() -> str:
    """Return the rack as the API draws it, as it was at a moment."""
    with tempfile.TemporaryDirectory() as folder:
        conf = bootstrap.configure(default_config_files=[])
        conf.set_override("state_path", folder)
        conf.set_override("auth_strategy", "noauth", "api")
        schema.sync(conf)
        services = bootstrap.services(conf)
        for name in ("site", "names", "stacks"):
            with gzip.open(ROOT / f"demo/{name}.jsonl.gz", "rt") as lines:
                messages = [json.loads(line)["message"] for line in lines]
            origin, intake = Origin("RegionOne"), services.intake
            intake.take(intake.delivered((m, origin) for m in messages))
        Projector(
            services.store.projection,
            bootstrap.SystemClock(),
            bootstrap.rules(conf),
        ).run(2000)
        request = webob.Request.blank(
            f"/v1/racks/{RACK}.svg?at={AT}",
            environ={"REMOTE_ADDR": "127.0.0.1"},
        )
        answer = request.get_response(bootstrap.api(conf, services))
        services.store.close()
    assert answer.status_int == 200, answer.text
    return answer.text


if __name__ == "__main__":
    FILE.write_text(drawn())
