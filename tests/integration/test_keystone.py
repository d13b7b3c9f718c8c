"""Registered in a real Keystone, and checking its tokens behind Apache."""

from __future__ import annotations

import datetime
import re
import shlex
import uuid

import pytest

from tests.integration.apache import ROOT, Site
from tests.integration.callers import LIFETIME
from tests.integration.conftest import BIN, ON_THE_CLOUD
from tests.integration.keystone import (
    catalog_command,
    guarded,
    manage,
    register,
)

URLS = {
    "public": "https://cloud.example.org/usage",
    "internal": "http://a:8990",
}

pytestmark = ON_THE_CLOUD


class Registration:
    """``concertim-manage keystone bootstrap``, for a user of the test."""

    def __init__(self, installation, keystone):
        self.user = f"concertim-{uuid.uuid4().hex[:8]}"
        self._installation = installation
        self._keystone = keystone

    def run(self, *more, action="bootstrap", urls=URLS, code=0, **given):
        options = ["--os-cloud", self._keystone.name, "--user", self.user]
        for interface, url in urls.items():
            options += [f"--{interface}-url", url]
        given.setdefault("CONCERTIM_PASSWORD", "first")
        command = manage(self._installation, "keystone", action)
        done = self._keystone.call(
            *command, *options, *more, code=code, **given
        )
        return done.stdout if code == 0 else done.stderr


@pytest.fixture
def registration(installation, keystone):
    keystone.forget()
    made = Registration(installation, keystone)
    yield made
    keystone.forget(made.user)


def outcomes(text):
    """Return what became of each noun."""
    return [tuple(line.split()[:2]) for line in text.splitlines()]


def test_the_second_time_nothing_changes(registration, keystone):
    first = registration.run()
    assert outcomes(first) == [
        ("kept", "project"),
        ("kept", "role"),
        ("created", "user"),
        ("created", "grant"),
        ("created", "service"),
        ("created", "endpoint"),
        ("created", "endpoint"),
    ]
    assert keystone.endpoints() == URLS
    second = registration.run()
    assert {what for what, _ in outcomes(second)[:-1]} == {"kept"}
    assert second.endswith("\nNothing had to be changed.\n")


def test_a_url_is_changed_and_not_doubled(registration, keystone):
    registration.run()
    other = {**URLS, "public": "https://cloud.example.org/other"}
    said = registration.run(urls=other)
    assert f"{URLS['public']} -> {other['public']}\n" in said
    assert [o for o, _ in outcomes(said)].count("changed") == 1
    (service,) = keystone.services()
    found = list(keystone.identity.endpoints(service_id=service.id))
    assert len(found) == 2
    assert keystone.endpoints() == other
    # What is not named is left alone.
    registration.run(urls={"admin": "http://c", "public": other["public"]})
    assert keystone.endpoints() == {**other, "admin": "http://c"}


def test_another_password_is_set(registration, keystone):
    registration.run()
    assert may_log_in(keystone, registration.user, "first")
    said = registration.run("--password-file", "-", given="second\n")
    assert "changed  user" in said
    assert "another password" in said
    assert may_log_in(keystone, registration.user, "second")
    assert not may_log_in(keystone, registration.user, "first")
    # Without one, the user keeps what it has.
    registration.run(CONCERTIM_PASSWORD="")
    assert may_log_in(keystone, registration.user, "second")


def test_who_sits_at_a_terminal_is_asked_for_the_password(
    registration, keystone
):
    command = manage(registration._installation, "keystone", "bootstrap")
    command += ["--os-cloud", keystone.name, "--user", registration.user]
    shown = keystone.type_in("typed", *command, "--public-url", URLS["public"])
    assert "created  user" in shown
    assert "typed" not in shown
    assert may_log_in(keystone, registration.user, "typed")


def may_log_in(keystone, user, password):
    from keystoneauth1.exceptions import Unauthorized

    connection = keystone.connect(
        username=user, password=password, project_name="service"
    )
    try:
        return bool(connection.session.get_token())
    except Unauthorized:
        return False


def test_what_somebody_disabled_is_enabled(registration, keystone):
    registration.run()
    (service,) = keystone.services()
    keystone.identity.update_service(service, is_enabled=False)
    said = registration.run("--role", "reader")
    assert "changed  service concertim" in said
    assert "created  grant reader" in said
    assert keystone.services()[0].is_enabled


def test_a_role_is_added_without_the_urls(registration, keystone):
    complaint = registration.run(urls={}, code=1)
    assert "--public-url: neither it nor [api] public_endpoint" in complaint
    assert keystone.services() == []
    registration.run()
    text = registration.run("--role", "reader", urls={}, CONCERTIM_PASSWORD="")
    assert outcomes(text)[-1] == ("kept", "service")
    assert ("created", "grant") in outcomes(text)
    assert keystone.endpoints() == URLS


def test_a_dry_run_prints_commands_that_do_it(registration, keystone):
    printed = registration.run("--dry-run")
    assert keystone.endpoints() == {}
    assert keystone.services() == []
    for line in printed.splitlines():
        program, *words = shlex.split(line)
        assert program == "openstack"
        # --password-prompt asks at a terminal only.
        keystone.type_in(
            "first", BIN / "openstack", "--os-cloud", keystone.name, *words
        )
    assert registration.run().endswith("Nothing had to be changed.\n")
    assert registration.run("--dry-run") == "# Nothing is to be done.\n"


def test_secrets_are_told_to_nobody_else(registration, keystone, tmp_path):
    secret = "a-very-secret-word"
    registration._installation.configure(
        "DEFAULT", default_log_levels="keystoneauth=DEBUG,openstack=DEBUG"
    )
    for more in ((), ("--dry-run",)):
        done = keystone.call(
            *manage(registration._installation, "--debug", "keystone"),
            *("bootstrap", "--os-cloud", keystone.name),
            *("--user", registration.user, "--public-url", URLS["public"]),
            *more,
            CONCERTIM_PASSWORD=secret,
        )
        assert secret not in done.stdout + done.stderr
        assert "POST" in done.stderr  # everything is logged
    hidden = registration.run(
        action="authtoken", urls={}, CONCERTIM_PASSWORD=secret
    )
    assert secret not in hidden
    shown = registration.run(
        "--with-password",
        action="authtoken",
        urls={},
        CONCERTIM_PASSWORD=secret,
    )
    assert f"password = {secret}\n" in shown


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--region", "Nowhere"], "no region 'Nowhere', but"),
        (["--project-domain", "None"], "no domain 'None'"),
        (["--public-url", "ftp://x"], "--public-url: not an http"),
        (["--public-url", "http://x/v1"], "--public-url: ends in a version"),
        (["--os-cloud", "other"], "Cloud other was not found"),
        (["--password-file", "/nonexistent"], "No such file"),
    ],
)
def test_what_is_wrong_is_said(registration, more, said):
    complaint = registration.run(*more, code=1)
    assert said in complaint
    assert complaint.startswith("concertim-manage: ")
    assert complaint.count("\n") == 1


def test_only_an_administrator_may(registration, keystone):
    with keystone.person("member") as person:
        complaint = keystone.call(
            *manage(registration._installation, "keystone", "bootstrap"),
            *("--public-url", URLS["public"]),
            code=1,
            OS_CLIENT_CONFIG_FILE="/nonexistent",
            OS_AUTH_URL=keystone.url,
            OS_USERNAME=person.name,
            OS_PASSWORD=person.password,
            OS_PROJECT_NAME=person.name,
            OS_USER_DOMAIN_ID="default",
            OS_PROJECT_DOMAIN_ID="default",
            OS_REGION_NAME=keystone.region,
        ).stderr
    assert "it takes the role admin" in complaint
    assert person.password not in complaint


@pytest.fixture(scope="module")
def site(keystone, memcached):
    """The API behind Apache, registered, with an encrypted token cache."""
    keystone.forget()
    with guarded(keystone, memcached, replayed, public=URLS["public"]) as (
        apache,
        user,
    ):
        url = apache.start()["CONCERTIM_API_URL"]
        register(apache, keystone, user, public=url)
        apache.reload()
        yield Site(url)


def replayed(installation):
    installation.run(
        "concertim-manage", "replay", ROOT / "demo" / "site.jsonl.gz"
    )


def periods(site, token, status=200, **headers):
    answer = site.ask("/v1/periods", X_Auth_Token=token, **headers)
    assert answer.status == status, answer.body
    return answer.json().get("periods")


def test_without_a_token_it_says_where_to_get_one(site, keystone):
    for headers in ({}, {"X_Auth_Token": "nonsense"}):
        answer = site.ask("/v1/periods", **headers)
        assert answer.error()["code"] == "concertim.unauthorized"
        assert answer.headers["www-authenticate"] == (
            f'Keystone uri="{keystone.url}"'
        )


def test_roles_are_keystones(site, keystone):
    admin = keystone.admin.session.get_token()
    assert len(periods(site, admin)) == 100
    with keystone.person("reader") as person:
        assert periods(site, person.token()) == []  # its own: none
        answer = site.ask("/v1/jobs", X_Auth_Token=person.token())
        assert answer.error()["code"] == "concertim.forbidden"


def test_the_command_finds_it_in_the_catalog(site, keystone):
    rows = catalog_command(
        keystone, "concertim", "period", "list", "--all-projects"
    )
    assert len(rows) >= 100
    assert keystone.endpoints() == {"public": site.url}


def test_what_is_known_of_tokens_is_shared_and_encrypted(
    site, keystone, memcached
):
    """A token that one process has asked for, all know: even when it has
    been revoked since, until the cache forgets it."""
    with keystone.person("reader") as person:
        token, unused = person.token(), person.token()
        periods(site, token)
        for revoked in (token, unused):
            keystone.admin.identity.delete(
                "/auth/tokens", headers={"X-Subject-Token": revoked}
            ).raise_for_status()
        for _ in range(20):
            periods(site, token)
        periods(site, unused, 401)
        kept = memcached.values()
        assert kept
        for name, value in kept.items():
            told = name + value
            assert person.id.encode() not in told
            assert person.project.id.encode() not in told
            assert token.encode() not in told


def test_service_tokens_need_the_role_service(site, keystone):
    with (
        keystone.person("reader") as person,
        keystone.person("service") as service,
    ):
        token = person.token()
        periods(site, token, X_Service_Token=service.token())
        periods(site, token, 401, X_Service_Token=person.token())
        periods(site, token, 401, X_Service_Token="nonsense")


def test_a_service_may_bring_a_token_that_has_expired(site, keystone):
    with (
        keystone.person("reader") as person,
        keystone.person("service") as service,
    ):
        moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(
            seconds=LIFETIME
        )
        _, connection = person.application_credential(
            expires_at=f"{moment:%Y-%m-%dT%H:%M:%S}"
        )
        token = connection.session.get_token()
        periods(site, token)
        keystone.await_expiry(token)
        periods(site, token, 401)
        periods(site, token, X_Service_Token=service.token())


def test_application_credentials_log_in(site, keystone):
    with keystone.person("member", "reader") as person:
        made, connection = person.application_credential(
            roles=[{"name": "reader"}]
        )
        assert re.fullmatch("[0-9a-f]{32}", made.id)
        token = connection.session.get_token()
        assert periods(site, token) == []


def test_access_rules_of_application_credentials_are_kept(site, keystone):
    with keystone.person("reader") as person:
        _, connection = person.application_credential(
            access_rules=[
                {
                    "service": "concertim",
                    "method": "GET",
                    "path": "/v1/periods",
                }
            ]
        )
        token = connection.session.get_token()
        assert periods(site, token) == []
        refused = site.ask("/v1/resources", X_Auth_Token=token)
        assert refused.error()["code"] == "concertim.unauthorized"


def test_it_goes_on_without_its_cache(site, keystone, memcached):
    """The last one: it takes the cache away."""
    admin = keystone.admin.session.get_token()
    periods(site, admin)
    memcached.stop()
    for _ in range(4):
        assert periods(site, admin)
