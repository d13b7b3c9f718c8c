"""What posting to Kill Bill takes, beside a bare client: rate and CPU.

usage: python -m benchmarks.killbill [--records N] [URL]

Records of one order, a day each, two units, are posted by the driver; then as
many are posted by a session of ``requests`` that does nothing else, on one
connection too; both three times in turn. URL is a Kill Bill with a test clock
(tools/services.sh start DIR killbill); without one, a small one in a process
of its own answers as it does, in no time. Seconds, and CPU of this process.
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import time
import uuid
from decimal import Decimal

import requests

from concertim_api.billing.killbill import catalog
from concertim_api.billing.killbill.client import Client, Options
from concertim_api.billing.killbill.driver import KillBill
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.settlement import DailyRecord
from concertim_api.services.billing.system import Posting

START = datetime.date(2026, 1, 1)
PLAN = "concertim-monthly"
AMOUNTS = {"compute": Decimal("24.5"), "memory": Decimal("1.2345")}


def serve(pipe):
    from tests.contract.killbill import Server

    pipe.send(Server().url)
    pipe.recv()


def tenant(url):
    """Return how to reach a new tenant that has our catalogue."""
    key = uuid.uuid4().hex
    options = Options(url, "admin", "password", key, key)
    client = Client(options)
    names = ("externalKey", "apiKey", "apiSecret")
    client.call("POST", "/tenants", dict.fromkeys(names, key))
    client._http.post(
        f"{url}/1.0/kb/catalog/xml",
        data=catalog.xml(PLAN, "EUR"),
        headers={"Content-Type": "text/xml"},
    ).raise_for_status()
    return options


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def driver(options, count):
    account = Account(
        str(uuid.uuid4()), str(uuid.uuid4()), datetime.datetime.now()
    )
    system = KillBill(Client(options), PLAN, "EUR")
    order_id = str(uuid.uuid4())
    postings = []
    for n in range(count):
        day = START + datetime.timedelta(n % 28)
        record = DailyRecord(order_id, day, n, day.replace(day=1), AMOUNTS)
        postings.append(Posting(record, AMOUNTS))
    system.post(account, postings[0])

    def work():
        for posting in postings[1:]:
            system.post(account, posting)

    return work, system._of(account).orders[order_id].id


def bare(options, order_id, count):
    session = requests.Session()
    session.auth = (options.username, options.password)
    session.headers.update(
        {
            "X-Killbill-ApiKey": options.api_key,
            "X-Killbill-ApiSecret": options.api_secret,
            "X-Killbill-CreatedBy": "bare",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
    )
    bodies = [
        json.dumps(
            {
                "subscriptionId": order_id,
                "trackingId": str(uuid.uuid4()),
                "unitUsageRecords": [
                    {
                        "unitType": unit,
                        "usageRecords": [
                            {"recordDate": str(START), "amount": str(amount)}
                        ],
                    }
                    for unit, amount in AMOUNTS.items()
                ],
            }
        )
        for _ in range(count - 1)
    ]

    def work():
        for body in bodies:
            url = f"{options.url}/1.0/kb/usages"
            session.post(url, data=body).raise_for_status()

    return work


def measure(url, count):
    options = tenant(url)
    best = {}
    for _ in range(3):
        work, order_id = driver(options, count)
        for name, each in (
            ("driver", work),
            ("bare", bare(options, order_id, count)),
        ):
            best[name] = min(best.get(name, (1e9, 0)), timed(each))
    for name, (wall, cpu) in best.items():
        rate = (count - 1) / wall
        print(f"{name:>6}: {rate:6.0f} records/s, {cpu:.2f} s CPU")
    print(f" ratio: {best['bare'][0] / best['driver'][0]:.2f} of its rate")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url", nargs="?")
    parser.add_argument("--records", type=int, default=500)
    args = parser.parse_args()
    if args.url:
        measure(args.url, args.records)
        return
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    server = context.Process(target=serve, args=(other,), daemon=True)
    server.start()
    try:
        measure(pipe.recv(), args.records)
    finally:
        pipe.send("enough")
        server.join()


if __name__ == "__main__":
    main()
