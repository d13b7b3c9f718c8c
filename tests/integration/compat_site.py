"""The legacy dialect behind Apache, before a real Keystone, under load."""

from __future__ import annotations

import contextlib
import http.client
import json
import secrets
import statistics
import threading
import time
import urllib.parse
import uuid

from tests.functional.dialects.concertim.callers import FrontEnd
from tests.integration.apache import installed

#: Seconds that a client thinks between its requests.
PAUSE = 0.2


def sender(url):
    """Return how callers reach a URL: each time on a new connection."""
    place = urllib.parse.urlsplit(url)

    def send(method, path, headers, body):
        connection = http.client.HTTPConnection(
            place.hostname, place.port, timeout=60
        )
        with contextlib.closing(connection):
            connection.request(method, place.path + path, body, headers)
            answer = connection.getresponse()
            return (
                answer.status,
                answer.headers.get("Content-Type", ""),
                answer.read(),
            )

    return send


class Dialect:
    """``front_end`` is the one in front of it; ``secrets`` are those that
    its log must not have."""

    def __init__(self, apache, url, secret, env):
        self.apache = apache
        self.url = url
        self.send = sender(url)
        self.front_end = FrontEnd(self.send, secret, env)
        self.secrets = {secret, env["password"]}

    def password(self):
        made = secrets.token_urlsafe(16)
        self.secrets.add(made)
        return made


@contextlib.contextmanager
def spoken(keystone, database=None):
    """Hand out the dialect, run by Apache, with its services' log-in."""
    login, secret = keystone.login["auth"], secrets.token_hex(32)
    with installed(auth_strategy="noauth") as apache:
        configure = apache.installation.configure
        configure("DEFAULT", debug=True)
        configure(
            "cloud",
            auth_type="v3password",
            regions=keystone.region,
            **login,
        )
        configure("concertim_dialect", jwt_secrets=secret, token_cache_time=60)
        if database:
            configure("database", connection=database)
            apache.installation.run("concertim-manage", "db", "sync")
        url = apache.start("concertim-dialect")["CONCERTIM_COMPAT_URL"]
        admin = keystone.admin
        env = {
            "auth_url": login["auth_url"],
            "user_id": admin.current_user_id,
            "password": login["password"],
            "project_id": admin.current_project_id,
        }
        yield Dialect(apache, url, secret, env)


@contextlib.contextmanager
def users(dialect, number):
    """Hand out so many users that the front end has made."""
    run = uuid.uuid4().hex[:8]
    made = [
        dialect.front_end.sign_up(f"load-{run}-{n}", dialect.password())
        for n in range(number)
    ]
    try:
        yield made
    finally:
        for user_id in made:
            dialect.front_end.delete_user(user_id)


def through_us(dialect, user_id):
    """Change an e-mail address; return the status."""

    def ask(number):
        status, _, _ = dialect.send(
            "PATCH",
            "/user",
            dialect.front_end.headers(),
            dialect.front_end.body(
                user_info={
                    "cloud_user_id": user_id,
                    "new_data": {"email": f"n{number}@example.org"},
                }
            ),
        )
        return status

    return ask


def directly(keystone, token, user_id):
    """Do the same at Keystone, with a token that is at hand."""
    send = sender(keystone.url)

    def ask(number):
        status, _, _ = send(
            "PATCH",
            f"/users/{user_id}",
            {"X-Auth-Token": token, "Content-Type": "application/json"},
            json.dumps({"user": {"email": f"d{number}@example.org"}}).encode(),
        )
        return status

    return ask


def load(clients, seconds):
    """Let clients ask for so long; return the statuses, and how long each
    request took."""
    told, ends = [], time.monotonic() + seconds

    def run(ask):
        number = 0
        while time.monotonic() < ends:
            began = time.monotonic()
            status = ask(number)
            told.append((status, time.monotonic() - began))
            number += 1
            time.sleep(PAUSE)

    threads = [threading.Thread(target=run, args=(ask,)) for ask in clients]
    for number, thread in enumerate(threads):
        thread.start()
        time.sleep(PAUSE / len(threads) if number else 0)
    for thread in threads:
        thread.join()
    return {status for status, _ in told}, [took for _, took in told]


def p95(times):
    return statistics.quantiles(times, n=20)[-1]
