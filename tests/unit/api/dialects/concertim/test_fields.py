"""Where fields are looked for, and what a cloud_env means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.api.dialects.concertim import callers
from concertim_api.api.dialects.concertim.documents import (
    Fields,
    MissingRequiredArgs,
    parsed,
)
from concertim_api.api.errors import Unauthorized
from concertim_api.domain.errors import Invalid

ENV = {
    "auth_url": "http://keystone:5000/v3",
    "user_id": "u1",
    "password": "hush",
    "project_id": "p1",
}
URLS = callers.AuthUrls(["http://keystone:5000"])

words = st.text("abcdef", min_size=1, max_size=3)
documents = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3)),
    lambda inner: st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
).filter(lambda found: isinstance(found, dict))


def paths(document, name, depth=0):
    """Return how deep a name is, wherever it is; within cloud_env, not."""
    for key, value in document.items():
        if key == name:
            yield depth
        if isinstance(value, dict) and key != "cloud_env":
            yield from paths(value, name, depth + 1)


@given(documents, words)
def test_a_field_is_found_wherever_it_is(document, name):
    value = object()
    found = Fields(document)
    depths = sorted(paths(document, name))
    assert (found.value(name) is not None) <= bool(depths)
    # Put further out than any other, it is the one that counts.
    outer = {name: value, "zz": document}
    assert Fields(outer).value(name) is value


@given(documents, st.lists(words, max_size=3))
def test_all_that_is_missing_is_named(document, names):
    found = Fields(document)
    missing = [
        name
        for name in names
        if not list(paths(document, name)) or found.value(name) in (None, "")
    ]
    if not missing:
        found.require(names)
        return
    with pytest.raises(MissingRequiredArgs) as caught:
        found.require(names)
    assert str(caught.value).endswith(": " + ", ".join(missing))


def test_nothing_is_taken_from_the_credentials_of_who_calls():
    document = {"cloud_env": ENV, "username": "bob"}
    found = Fields(document)
    assert found.value("cloud_env") == ENV
    for name in ENV:
        assert found.value(name) is None
    with pytest.raises(MissingRequiredArgs, match="password"):
        found.require(["cloud_env", "username", "password"])


def test_its_own_place_comes_first():
    document = {"role": "outer", "team_role": {"role": "inner"}}
    assert Fields(document).text("role", "team_role") == "inner"
    assert Fields(document).text("role") == "outer"
    assert Fields({"role": "x"}).text("role", "team_role") == "x"


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (7, "7"), (None, None), ("", None)],
)
def test_text(value, text):
    assert Fields({"a": value}).optional("a") == text


@pytest.mark.parametrize("value", [True, 1.5, [], {}, ["a"], "x" * 70_000])
def test_no_text(value):
    with pytest.raises(Invalid, match=r"^a: "):
        Fields({"a": value}).optional("a")


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
def test_no_body_is_an_empty_one(body):
    assert parsed(body) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"NaN",
        b'{"a": NaN}',
        b"\xff",
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a":' * 17 + b"1" + b"}" * 17,
        b'{"a":' + b"[" * 500 + b"]" * 500 + b"}",
        b"[" * 100_000,
        b'{"a": "\\ud800"}',
    ],
)
def test_no_other_body_is_taken(body):
    with pytest.raises(Invalid, match=r"^body: "):
        parsed(body)


# cloud_env


@pytest.mark.parametrize(
    "names",
    [
        {"user_id": "u", "project_id": "p"},
        {"username": "n", "project_id": "p", "user_domain_name": "D"},
        {
            "username": "n",
            "project_name": "pn",
            "user_domain_name": "D",
            "project_domain_name": "D",
        },
        {"user_id": "u", "project_name": "pn", "project_domain_name": "D"},
    ],
)
def test_what_a_log_in_is_made_of(names):
    env = {"auth_url": "http://keystone:5000/v3", "password": "hush", **names}
    found = callers.password({**env, "whatever": 1, "project": None}, URLS)
    assert found.names == names
    assert found.auth_url == "http://keystone:5000"
    assert found.password == "hush"
    assert "hush" not in repr(found)
    for name in env:
        less = {key: value for key, value in env.items() if key != name}
        with pytest.raises(Unauthorized) as caught:
            callers.password(less, URLS)
        assert "hush" not in str(caught.value)


def test_older_names():
    env = {
        "auth_url": "http://keystone:5000",
        "admin_user_id": "u",
        "admin_user_password": "hush",
        "admin_project_id": "p",
    }
    found = callers.password(env, URLS)
    assert found.names == {"user_id": "u", "project_id": "p"}
    newer = callers.password({**env, "user_id": "newer"}, URLS)
    assert newer.names["user_id"] == "newer"
    newer = callers.password({"user_id": "newer", **env}, URLS)
    assert newer.names["user_id"] == "newer"


@pytest.mark.parametrize(
    "name", ["tenant_id", "tenant_name", "admin_tenant_id"]
)
def test_the_second_version_is_no_more(name):
    with pytest.raises(Invalid, match="second version"):
        callers.password({**ENV, name: "t"}, URLS)


@pytest.mark.parametrize("env", [None, "text", [], 5])
def test_no_object(env):
    with pytest.raises(MissingRequiredArgs, match="cloud_env"):
        callers.password(env, URLS)


@pytest.mark.parametrize("value", [5, ["hush"], {"a": "hush"}, True])
@pytest.mark.parametrize("name", ["password", "auth_url", "project_id"])
def test_values_are_texts(name, value):
    with pytest.raises(Invalid, match=f"cloud_env.{name}: not a text") as hit:
        callers.password({**ENV, name: value}, URLS)
    assert "hush" not in str(hit.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://keystone:5000",
        "http://keystone:5000/",
        "http://keystone:5000/v3",
        "http://keystone:5000/v3/",
        "http://keystone:5000//",
        "HTTP://KEYSTONE:5000/v3",
    ],
)
def test_the_same_url(url):
    assert URLS.configured(url) == "http://keystone:5000"


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere:5000/v3",
        "http://keystone/v3",
        "https://keystone:5000/v3",
        "http://keystone:5000/identity/v3",
        "http://keystone:5000/v2.0",
        "http://keystone:5000@elsewhere/v3",
        "http://x:y@keystone:5000/v3",
        "http://keystone:5000/v3?x=/v3",
        "http://keystone:5000#/v3",
        "http://keystone:5000\\@elsewhere/v3",
        "http://elsewhere#http://keystone:5000/v3",
        "ftp://keystone:5000/v3",
        "file:///etc/passwd",
        "keystone:5000",
        "http://[keystone:5000",
        "http://keystone:999999/v3",
        "",
    ],
)
def test_no_other_url(url):
    with pytest.raises(Unauthorized, match="auth_url is none"):
        URLS.configured(url)


@given(st.text(max_size=40))
def test_a_password_goes_nowhere_else(url):
    """Whatever is asked for, the answer is an address of ours."""
    try:
        found = URLS.configured(url)
    except Unauthorized:
        return
    assert found == "http://keystone:5000"


def test_usual_ports_need_not_be_told():
    urls = callers.AuthUrls(["https://cloud.example.org/identity/v3"])
    asked = "https://cloud.example.org:443/identity"
    assert urls.configured(asked) == "https://cloud.example.org/identity"


@pytest.mark.parametrize("urls", [[], ["nonsense"], ["http://a:b@c"]])
def test_urls_are_configured(urls):
    with pytest.raises(Invalid, match=r"\[concertim_dialect\] auth_urls"):
        callers.AuthUrls(urls)
