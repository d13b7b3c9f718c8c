"""A list of 100 periods behind Apache, and the memory that many of them take.

2 processes of 8 threads, each request with a token of a real Keystone that
memcached knows. The peers of the same run, in the same processes, ask nobody
anything: a bare Pecan that dumps the same rows by orjson, and stock wsexpose.

Needs Apache and its ``ab``, and a cloud of tools/minicloud
(CONCERTIM_TEST_CLOUD). It takes minutes, and is run by its name only; for
options, by ``python -m benchmarks.apache``.
"""

from __future__ import annotations

import argparse
import pathlib
import re
import subprocess

from tests.integration.apache import ROOT, Site
from tests.integration.conftest import needed
from tests.integration.keystone import Keystone, Memcached, guarded

CLIENTS, WARM = 16, 200

SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from benchmarks import peers
from concertim_api.wsgi.api import application
application = peers.beside(application, {rows!r})
"""


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--memory", type=int, default=10_000)
    asked = parser.parse_args(argv)
    keystone = Keystone(needed("CONCERTIM_TEST_CLOUD", "tools/minicloud"))
    memcached = Memcached()
    try:
        with guarded(
            keystone, memcached, filled, public="http://api.example"
        ) as (apache, _):
            measure(asked, apache, keystone.admin.session.get_token())
    finally:
        memcached.stop()


def filled(installation):
    demo = ROOT / "demo" / "site.jsonl.gz"
    installation.run("concertim-manage", "replay", demo)


def measure(asked, apache, token):
    script, rows = apache.folder / "peers.wsgi", apache.folder / "rows.json"
    script.write_text(SCRIPT.format(root=str(ROOT), rows=str(rows)))
    url = apache.start(f"CONCERTIM_WSGI={script}")["CONCERTIM_API_URL"]
    answer = Site(url).ask("/v1/periods", X_Auth_Token=token)
    assert len(answer.json()["periods"]) == 100
    rows.write_bytes(answer.body)
    paths = {
        "ours": "/v1/periods",
        "bare Pecan": "/peers/bare",
        "stock wsexpose": "/peers/stock",
    }
    rates = {}
    for name, path in paths.items():
        load(url + path, token, WARM)
        rates[name] = load(url + path, token, asked.requests)
    print("; ".join(f"{name}: {rate:.0f}/s" for name, rate in rates.items()))
    bare, stock = rates["bare Pecan"], rates["stock wsexpose"]
    print(
        f"ours / bare Pecan {rates['ours'] / bare:.2f} (>= 0.5 wanted); "
        f"ours / stock wsexpose {rates['ours'] / stock:.1f} (>= 5 wanted)"
    )
    remember(asked.memory, apache, url, token)


def remember(number, apache, url, token):
    """Tell how much more memory ten times the requests take."""
    load(f"{url}/v1/periods", token, number)
    few = resident(apache)
    load(f"{url}/v1/periods", token, 9 * number)
    many = resident(apache)
    print(
        f"memory of {len(apache.workers())} processes after {number} "
        f"requests {few:.1f} MB, after {10 * number} {many:.1f} MB; "
        f"ratio {many / few:.3f} (<= 1.1 wanted)"
    )


def load(url, token, number):
    """Ask so often, by several clients; return the requests of a second."""
    done = subprocess.run(
        [
            *("ab", "-q", "-l", "-s", "60", "-c", str(CLIENTS)),
            *("-n", str(number), "-H", f"X-Auth-Token: {token}", url),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout
    assert re.search(r"Failed requests: +0\b", said), said
    assert "Non-2xx" not in said, said
    return float(re.search(r"Requests per second: +([\d.]+)", said)[1])


def resident(apache):
    """Return the memory of the API's processes in MB."""
    found = 0
    for pid in apache.workers():
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        found += int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])
    return found / 1024


if __name__ == "__main__":
    main()
