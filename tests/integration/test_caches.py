"""A shared cache before the API: nobody gets what another one asked for."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.integration.apache import in_front_of, installed
from tests.integration.owned import Owned

MODULES = "/usr/lib/apache2/modules/mod_"

#: As eager as mod_cache may be made without ignoring what answers forbid. It
#: comes after what the proxy says of the way here, which answers depend on.
EAGER = """
LoadModule cache_module {modules}cache.so
LoadModule cache_{storage}_module {modules}cache_{storage}.so
{options}
CacheQuickHandler off
CacheHeader on
CacheIgnoreNoLastMod on
CacheDefaultExpire 3600
CacheEnable {storage} /
"""

PROJECTS = {"physics": "p1", "biology": "p2"}

#: What both ask for, and what it has of physics.
PATHS = {
    "/v1/resources/s2": b'"s2"',
    "/v1/resources/s2?region=RegionOne": b'"s2"',
    "/v1/resources/s2/history": b'"s2"',
    "/v1/racks/k1": b'"k1"',
    "/v1/racks/k1.svg": b"k1",
    "/v1/racks": b'"k1"',
    "/v1/devices/n1": b'"n1"',
    "/v1/periods": b'"s2"',
    "/v1/usage?start=2026-11-01": b'"p1"',
    "/v1/teams/p1?region=RegionOne": b'"p1"',
}


class Cached:
    """The site of a cache before an API, and the keys of two projects."""

    def __init__(self, site, keys):
        self._site = site
        self._headers = {
            None: {},
            **{name: {"X_Auth_Token": key} for name, key in keys.items()},
        }

    def ask(self, path, caller=None, **headers):
        return self._site.ask(path, **self._headers[caller], **headers)


@pytest.fixture(scope="module")
def api():
    """An API with what two projects own, and its keys."""
    with installed(auth_strategy="key") as apache:
        behind = {"enable_proxy_headers_parsing": "true"}
        apache.installation.configure("oslo_middleware", **behind)
        Owned(apache.installation, PROJECTS)
        keys = {
            name: apache.installation.run(
                *("concertim-manage", "key", "create", name),
                *("--role", "reader", "--project", project_id),
            ).stdout.strip()
            for name, project_id in PROJECTS.items()
        }
        yield apache.start()["CONCERTIM_API_URL"], keys


@pytest.fixture(scope="module", params=["disk", "socache"])
def cached(request, api):
    def prepare(front):
        kept = front.folder / "cache"
        kept.mkdir()
        if os.getuid() == 0:
            shutil.chown(kept, "www-data")
        own = {
            "disk": f'CacheRoot "{kept}"',
            "socache": "CacheSocache shmcb",
        }
        front.included = front.folder / "cache.conf"
        front.included.write_text(
            EAGER.format(
                modules=MODULES,
                storage=request.param,
                options=own[request.param],
            )
        )

    url, keys = api
    with in_front_of(url, prepare) as site:
        yield Cached(site, keys)


def test_the_cache_keeps_what_it_may(cached):
    """Else the other tests would show nothing."""
    first, second = (cached.ask("/v1/") for _ in range(2))
    assert "HIT" in second.headers["x-cache"]
    assert second.body == first.body
    assert second.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("first", [None, "biology", "physics"])
def test_everybody_gets_what_is_theirs(cached, path, first):
    """Whoever asked before, and also once more."""
    for caller in (first, "physics", "biology", None, "physics", first):
        answer = cached.ask(path, caller)
        assert "HIT" not in answer.headers["x-cache"]
        own = PATHS[path] in answer.body
        if caller is None:
            assert answer.status == 401
        elif caller == "biology":
            assert answer.status == (200 if is_a_list(path) else 404)
            assert not own or answer.status == 404
        else:
            assert answer.status == 200
            assert own


def is_a_list(path):
    return path.partition("?")[0].count("/") == 2


def test_a_known_answer_is_still_not_sent_again(cached):
    tag = cached.ask("/v1/racks/k1", "physics").headers["etag"]
    for caller, status in (("physics", 304), ("biology", 404), (None, 401)):
        answer = cached.ask("/v1/racks/k1", caller, If_None_Match=tag)
        assert answer.status == status
    answer = cached.ask("/v1/racks/k1", "physics", If_None_Match=tag)
    assert answer.headers["etag"] == tag
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/healthcheck", "/nothing", "/v1/nothing"])
def test_nothing_else_is_kept(cached, path):
    for _ in range(2):
        answer = cached.ask(path, "physics")
        assert answer.headers["cache-control"] == "no-store"
        assert "HIT" not in answer.headers.get("x-cache", "")


def test_links_are_not_another_ones(cached):
    """What a proxy says of the way here is part of the question."""
    cached.ask("/v1", X_Forwarded_Host="evil.example")
    assert b"evil" not in cached.ask("/v1").body
