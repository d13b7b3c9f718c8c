"""The legacy dialect under load: its p95, and Keystone's own.

Thirty clients change e-mail addresses for a minute, each on a connection of
its own, first at Keystone and then through the dialect behind Apache (2
processes of 8 threads, MariaDB), which writes down who did it and what was
seen. Both in the same run, and once more the other way round.

Needs Apache, MariaDB and a cloud of tools/minicloud (CONCERTIM_TEST_MYSQL,
CONCERTIM_TEST_CLOUD). It takes minutes, and is run by its name only.
"""

from __future__ import annotations

import argparse
import statistics

from tests.databases import new_database
from tests.integration import compat_site
from tests.integration.conftest import needed
from tests.integration.keystone import Keystone


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args(argv)
    keystone = Keystone(needed("CONCERTIM_TEST_CLOUD", "tools/minicloud"))
    with (
        new_database("mariadb", None) as database,
        compat_site.spoken(keystone, database) as dialect,
    ):
        measure(asked, keystone, dialect)


def measure(asked, keystone, dialect):
    token = keystone.admin.session.get_token()
    times = {"Keystone": [], "ours": []}
    with compat_site.users(dialect, asked.clients) as made:
        clients = {
            "Keystone": [
                compat_site.directly(keystone, token, one) for one in made
            ],
            "ours": [compat_site.through_us(dialect, one) for one in made],
        }
        compat_site.load(clients["ours"], 3)
        for name in ("Keystone", "ours", "ours", "Keystone"):
            statuses, took = compat_site.load(clients[name], asked.seconds / 2)
            assert max(statuses) < 300, statuses
            times[name] += took
    for name, took in times.items():
        print(
            f"{name}: {len(took)} requests, median "
            f"{1000 * statistics.median(took):.0f} ms, p95 "
            f"{1000 * compat_site.p95(took):.0f} ms"
        )
    ratio = compat_site.p95(times["ours"]) / compat_site.p95(times["Keystone"])
    print(f"ours / Keystone {ratio:.2f} (<= 1.5 wanted)")


if __name__ == "__main__":
    main()
