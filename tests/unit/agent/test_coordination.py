"""Claims: one agent has each, and the next one gets it."""

import logging
import os

import pytest
import tooz
from tooz import coordination

from concertim_api.agent import coordination as ours
from concertim_api.agent.coordination import Coordination
from concertim_api.domain.errors import Invalid


@pytest.fixture
def two(tmp_path):
    """Two agents on one machine."""
    made = [
        Coordination(f"file://{tmp_path}/locks", "concertim") for _ in "ab"
    ]
    yield made
    for one in made:
        one.stop()


def test_one_has_it_and_keeps_it(two):
    first, second = (agent.claim("sync:north") for agent in two)
    assert first.is_held()
    assert not second.is_held()
    assert first.is_held()
    first.give_up()
    assert second.is_held()
    assert not first.is_held()


def test_each_job_is_a_claim_of_its_own(two):
    view, sync = two[0].claim("view"), two[1].claim("sync:north")
    assert view.is_held()
    assert sync.is_held()
    assert not two[1].claim("view").is_held()


def test_a_prefix_keeps_deployments_apart(tmp_path):
    url = f"file://{tmp_path}/locks"
    claims = [Coordination(url, one).claim("view") for one in ("one", "two")]
    assert all(claim.is_held() for claim in claims)
    for claim in claims:
        claim.give_up()


@pytest.mark.parametrize("name", ["../view", "a/b c\n", "x" * 100, "ü"])
def test_any_name_of_a_region_will_do(two, tmp_path, name):
    claim = two[0].claim(f"sync:{name}")
    assert claim.is_held()
    assert not two[1].claim(f"sync:{name}").is_held()
    assert set(os.listdir(tmp_path)) == {"locks"}


def test_the_folder_of_the_locks_is_ours_alone(tmp_path):
    ours.prepare(f"file://{tmp_path}/state/locks")
    assert (tmp_path / "state/locks").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("floppy://a", "tooz has no driver 'floppy'"),
        ("nonsense", "tooz has no driver"),
        ("zookeeper://user:hush@host", "the driver zookeeper can't be used"),
        ("file:///dev/null/locks", "/dev/null/locks: Not a directory"),
    ],
)
def test_a_url_that_is_none_is_refused(url, complaint):
    def use():
        ours.check(url)
        ours.prepare(url)

    with pytest.raises(Invalid) as refused:
        use()
    assert str(refused.value).startswith("[agent] coordination_url: ")
    assert complaint in str(refused.value)
    assert "hush" not in str(refused.value)


class Backend:
    """A backend with leases, as tooz drives it; it can be down."""

    def __init__(self):
        self.owner = None
        self.is_down = False
        self.tells_owners = True


class Driver:
    requires_beating = True

    def __init__(self, backend, lease=30):
        self._backend = backend
        self._lease = lease

    def _up(self):
        if self._backend.is_down:
            raise coordination.ToozConnectionError("no answer")

    def start(self):
        self._up()

    def stop(self):
        self._up()

    def heartbeat(self):
        self._up()
        return self._lease

    def get_lock(self, name):
        return Lock(self, self._backend)


class Lock:
    acquired = True

    def __init__(self, driver, backend):
        self._driver = driver
        self._backend = backend

    def acquire(self, blocking):
        self._driver._up()
        if self._backend.owner in (None, self._driver):
            self._backend.owner = self._driver
            return True
        return False

    def is_still_owner(self):
        if not self._backend.tells_owners:
            raise tooz.NotImplemented
        self._driver._up()
        return self._backend.owner is self._driver

    def release(self):
        self._driver._up()
        if self._backend.owner is self._driver:
            self._backend.owner = None


@pytest.fixture
def backend(monkeypatch):
    made = Backend()
    monkeypatch.setattr(
        coordination, "get_coordinator", lambda *_: Driver(made)
    )
    return made


def test_a_backend_that_is_down_is_told_once(backend, caplog):
    caplog.set_level(logging.INFO)
    backend.is_down = True
    common = Coordination("memcached://host", "concertim")
    claims = [common.claim(name) for name in ("view", "sync:north")]
    for _ in range(5):
        assert not any(claim.is_held() for claim in claims)
    assert caplog.text.count("Waiting for the coordination") == 1
    backend.is_down = False
    assert claims[0].is_held()
    assert caplog.text.count("works again") == 1
    backend.is_down = True
    assert not claims[0].is_held()
    assert caplog.text.count("Waiting for the coordination") == 2
    backend.is_down = False
    assert claims[0].is_held()
    common.stop()


def test_what_another_one_has_by_now_is_not_ours(backend, caplog):
    common = Coordination("memcached://host", "concertim")
    claim = common.claim("view")
    assert claim.is_held()
    backend.owner = Driver(backend)  # it was restarted, and another was first
    assert not claim.is_held()
    assert "concertim.view was taken away" in caplog.text
    backend.owner = None
    assert claim.is_held()
    common.stop()


def test_without_a_beat_for_a_lease_nothing_is_ours(backend, monkeypatch):
    """Whatever the driver says of its owner: etcd's does not know."""
    backend.tells_owners = False
    common = Coordination("etcd3+http://host", "concertim")
    claim = common.claim("view")
    assert claim.is_held()
    now = ours.time.monotonic()
    monkeypatch.setattr(ours.time, "monotonic", lambda: now + 31)
    assert not claim.is_held()
    common._beat(common.driver())
    assert claim.is_held()
    common.stop()


def test_stopping_does_not_wait_for_a_backend_that_is_down(backend):
    common = Coordination("memcached://host", "concertim")
    claim = common.claim("view")
    assert claim.is_held()
    backend.is_down = True
    claim.give_up()
    common.stop()
