"""Tokens of the legacy dialect: who signed them, and until when they hold."""

import base64
import json
import logging

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from concertim_api.api.dialects.concertim.callers import Tokens
from concertim_api.api.errors import Unauthorized
from concertim_api.domain.errors import Invalid

SECRET = "first secret of thirty-two bytes"
NOW = 1_800_000_000

#: Of PyJWT, about the short ones of the tests.
pytestmark = pytest.mark.filterwarnings("ignore:The HMAC key")

TOKENS = Tokens([SECRET], max_lifetime=300, leeway=10, now=lambda: NOW)


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """PyJWT has a clock of its own."""
    import datetime

    class Then(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(NOW, tz)

    monkeypatch.setattr("jwt.api_jwt.datetime", Then)


def signed(secret=SECRET, algorithm="HS256", **claims):
    return jwt.encode(claims, secret, algorithm=algorithm)


def check(token, tokens=TOKENS):
    tokens.check(f"Bearer {token}")


def passes(token, tokens=TOKENS):
    try:
        check(token, tokens)
    except Unauthorized:
        return False
    return True


@given(st.integers(-100_000, 100_000))
def test_a_token_holds_until_exp_and_not_for_long(left):
    """With leeway on both ends."""
    assert passes(signed(exp=NOW + left)) == (-10 < left <= 310)


@given(st.integers(-1000, 1000))
def test_a_token_of_the_future_is_none(since):
    assert passes(signed(exp=NOW + 60, iat=NOW - since)) == (since >= -10)


@given(
    st.one_of(
        st.none(),
        st.text(max_size=5),
        st.floats(),
        st.lists(st.integers(), max_size=2),
        st.integers(min_value=NOW + 311),
        st.integers(max_value=NOW - 10),
        st.booleans(),
    )
)
@example(10**400)
def test_no_other_exp_is_taken(exp):
    if isinstance(exp, float) and NOW - 10 < exp < NOW + 311:
        return
    token = jwt.api_jws.encode(
        json.dumps({"exp": exp}).encode(), SECRET, algorithm="HS256"
    )
    assert not passes(token)


def test_exp_is_needed():
    with pytest.raises(Unauthorized, match="has no exp"):
        check(signed(iat=NOW))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_other_algorithms_are_refused(algorithm):
    secret = None if algorithm == "none" else SECRET
    assert not passes(signed(secret, algorithm, exp=NOW + 60))


def test_a_header_can_not_choose_the_algorithm():
    _, body, signature = signed(exp=NOW + 60).split(".")
    for said in ("none", "NONE", "RS256", "HS256 "):
        forged = base64.urlsafe_b64encode(
            json.dumps({"alg": said, "typ": "JWT"}).encode()
        ).rstrip(b"=")
        for end in (signature, ""):
            assert not passes(f"{forged.decode()}.{body}.{end}")


@given(st.data())
def test_who_changes_a_token_has_none(data):
    token = signed(exp=NOW + 60)
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("AZaz09-_.!é "))
    changed = token[:place] + letter + token[place + 1 :]
    # The last letter of the signature has bits that mean nothing.
    assert passes(changed) == (changed == token)


@given(st.text(max_size=200))
def test_what_is_no_token_is_refused(text):
    with pytest.raises(Unauthorized):
        TOKENS.check(text)
    with pytest.raises(Unauthorized):
        TOKENS.check(f"Bearer {text}")


def test_a_very_long_token_is_not_looked_at():
    assert not passes(signed(exp=NOW + 60, jti="x" * 10_000))


def test_a_scheme_has_no_case():
    TOKENS.check(f"bearer {signed(exp=NOW + 60)}")


@pytest.mark.parametrize("secrets", [[], [""], ["short"], [SECRET, "short"]])
def test_secrets_are_needed_and_long_enough(secrets):
    with pytest.raises(
        Invalid, match=r"\[concertim_dialect\] jwt_secrets"
    ) as caught:
        Tokens(secrets, 300, 10)
    assert "short" not in str(caught.value)


def test_a_short_secret_is_warned_of(caplog):
    with caplog.at_level(logging.WARNING):
        Tokens(["sixteen bytes ok"], 300, 10)
    assert "it may be guessed" in caplog.text
    assert "sixteen" not in caplog.text
