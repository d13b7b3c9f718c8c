"""A list of 100 periods behind Apache, and the memory that many of them take.

2 processes of 8 threads, each request with a token of a real Keystone that
memcached knows. The peers of the same run, in the same processes: a bare
Pecan that dumps the same rows by orjson, and stock wsexpose. They check the
token by the same middleware, but ask no database.

Rates depend on what else the machine does, and ``ab`` itself is on it: so
all take turns, several times over. Beside the medians of rates and ratios
stand the CPU time that the API's processes spent on a request, and the wait of
the slowest request in a hundred, over that of the median one.

Needs Apache and its ``ab``, and a cloud of tools/minicloud
(CONCERTIM_TEST_CLOUD). It takes minutes, and is run by its name only; for
options, by ``python -m benchmarks.apache``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

from benchmarks import list as pages
from concertim_api import bootstrap
from tests.databases import new_database
from tests.integration.apache import ROOT, Site
from tests.integration.conftest import needed
from tests.integration.keystone import Keystone, Memcached, guarded

CLIENTS, WARM, ROUNDS = 16, 200, 5

#: Of which the first are listed: MariaDB reads all of a small table.
SERVERS = 10_000

#: Who is asked, and where.
PATHS = {
    "ours": "/v1/periods",
    "bare Pecan": "/peers/bare",
    "stock wsexpose": "/peers/stock",
}

SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from benchmarks import peers
from concertim_api.wsgi.api import application
application = peers.beside(application, {rows!r}, {settings!r})
"""


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--memory", type=int, default=100_000)
    parser.add_argument("--backend", default="sqlite")
    asked = parser.parse_args(argv)
    keystone = Keystone(needed("CONCERTIM_TEST_CLOUD", "tools/minicloud"))
    with contextlib.ExitStack() as undone:
        memcached = Memcached()
        undone.callback(memcached.stop)
        folder = undone.enter_context(tempfile.TemporaryDirectory())
        database = undone.enter_context(new_database(asked.backend, folder))

        def prepare(installation):
            if asked.backend != "sqlite":
                installation.configure("database", connection=database)
                installation.run("concertim-manage", "db", "sync")
            conf = bootstrap.configure(
                default_config_files=[str(installation.conf)]
            )
            recorder = bootstrap.services(conf).recorder
            servers = pages.observations(SERVERS)
            for first in range(0, SERVERS, 1000):
                recorder.record(servers[first : first + 1000])

        apache, _ = undone.enter_context(
            guarded(keystone, memcached, prepare, public="http://api.example")
        )
        measure(asked, apache, keystone.admin.session.get_token())


def measure(asked, apache, token):
    script, rows = apache.folder / "peers.wsgi", apache.folder / "rows.json"
    settings = str(apache.installation.conf)
    script.write_text(
        SCRIPT.format(root=str(ROOT), rows=str(rows), settings=settings)
    )
    url = apache.start(f"CONCERTIM_WSGI={script}")["CONCERTIM_API_URL"]
    answer = Site(url).ask("/v1/periods", X_Auth_Token=token)
    assert answer.status == 200, answer.body
    assert len(answer.json()["periods"]) == 100
    rows.write_bytes(answer.body)
    if asked.memory:
        remember(asked.memory, apache, url, token)
    compare(asked, apache, url, token)


def compare(asked, apache, url, token):
    """Let all take turns; print the medians."""
    for path in PATHS.values():
        load(url + path, token, WARM)
    rates = {name: [] for name in PATHS}
    costs = {name: [] for name in PATHS}
    tails = {name: [] for name in PATHS}
    for _round in range(asked.rounds):
        for name, path in PATHS.items():
            before = cpu(apache)
            rate, tail = load(url + path, token, asked.requests)
            rates[name].append(rate)
            tails[name].append(tail)
            spent = (cpu(apache) - before) / asked.requests
            costs[name].append(spent * 1e6)
    for name in PATHS:
        print(
            f"{name:15} {statistics.median(rates[name]):6.0f} requests/s, "
            f"{statistics.median(costs[name]):6.0f} us CPU a request, "
            f"p99 {statistics.median(tails[name]):.1f} of p50"
        )
    least = 0.6 if asked.backend == "sqlite" else 0.5
    for peer, wanted in (("bare Pecan", least), ("stock wsexpose", 1)):
        print(
            f"ours / {peer}: rate {ratio(rates, 'ours', peer):.2f} "
            f"(>= {wanted} wanted), CPU {ratio(costs, peer, 'ours'):.2f}"
        )


def ratio(found, one, other):
    """Return the median of the ratios of the rounds."""
    pairs = zip(found[one], found[other], strict=True)
    return statistics.median(a / b for a, b in pairs)


def remember(number, apache, url, token):
    """Tell how much more memory ten times the requests take."""
    first = number // 10
    load(f"{url}/v1/periods", token, first)
    few = resident(apache)
    load(f"{url}/v1/periods", token, number - first)
    many = resident(apache)
    assert few.keys() == many.keys(), "a process was replaced"
    for pid in few:
        print(
            f"memory of a process after {first} requests {few[pid]:.1f} MB, "
            f"after {number} {many[pid]:.1f} MB; "
            f"ratio {many[pid] / few[pid]:.3f} (<= 1.1 wanted)"
        )


def load(url, token, number):
    """Ask so often, by several clients; return the requests of a second, and
    the 99th percentile of the waits over their median."""
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
    rate = float(re.search(r"Requests per second: +([\d.]+)", said)[1])
    half, most = (re.search(rf"^ +{p}% +(\d+)", said, re.M) for p in (50, 99))
    return rate, int(most[1]) / max(int(half[1]), 1)


def cpu(apache):
    """Return the seconds of CPU that the API's processes have had."""
    ticks = 0
    for pid in apache.workers():
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def resident(apache):
    """Return the memory of each of the API's processes in MB."""
    found = {}
    for pid in apache.workers():
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        kb = re.search(r"VmRSS:\s+(\d+) kB", status)[1]
        found[pid] = int(kb) / 1024
    return found


if __name__ == "__main__":
    main()
