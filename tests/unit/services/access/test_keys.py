"""Named keys: what they are made of, and when they count."""

import hashlib
from datetime import UTC, datetime

import pytest

from concertim_api.domain import errors
from concertim_api.services.access.keys import Keys
from concertim_api.services.access.ports import Key
from tests.fakes.clock import Clock

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class KeyStore:
    """The part of a store that keeps keys, by their digests."""

    def __init__(self):
        self.kept = {}
        self.key = self.kept.get

    def add(self, key):
        self.kept[key.digest] = key


@pytest.fixture
def store():
    return KeyStore()


@pytest.fixture
def keys(store):
    return Keys(store, Clock(NOW))


def test_only_a_hash_of_the_secret_is_kept(keys, store):
    key, secret = keys.create("billing", ["reader"], "p1")
    assert len(secret) >= 43
    assert secret not in repr(store.kept)
    assert key.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert keys.authenticate(secret) == key


def test_no_two_secrets_are_alike(keys):
    secrets = {keys.create(f"k{n}", ["admin"])[1] for n in range(20)}
    assert len(secrets) == 20


def test_a_secret_is_never_taken_for_an_option(keys, monkeypatch):
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: "-" * size)
    _, secret = keys.create("unlucky", ["reader"], "p1")
    assert secret == "concertim_" + "-" * 32
    assert keys.authenticate(secret)


def test_an_older_secret_still_counts(keys, store):
    digest = hashlib.sha256(b"-of-release-0").hexdigest()
    store.add(Key("old", digest, ("reader",), "p1", NOW, None))
    assert keys.authenticate("-of-release-0").name == "old"


@pytest.mark.parametrize("secret", ["", "x", "x" * 256, "\udcff", "\x00"])
def test_what_is_no_secret(keys, secret):
    keys.create("billing", ["admin"])
    assert keys.authenticate(secret) is None


def test_a_digest_is_no_secret(keys):
    key, _secret = keys.create("billing", ["admin"])
    assert keys.authenticate(key.digest) is None


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("", ["admin"]), "name"),
        (("a b", ["admin"]), "name"),
        (("-a", ["admin"]), "name"),
        (("x" * 65, ["admin"]), "name"),
        (("a", []), "roles"),
        (("a", ["admin,reader"]), "roles"),
        (("a", ["reader"]), "project_id"),
        (("a", ["admin"], None, NOW), "expires_at"),
    ],
)
def test_keys_that_can_not_be(keys, arguments, field):
    with pytest.raises(errors.Invalid) as raised:
        keys.create(*arguments)
    assert raised.value.field == field
