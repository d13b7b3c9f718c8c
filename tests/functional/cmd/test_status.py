"""What concertim-status says of queues, clouds and the policy file."""

from __future__ import annotations

import socket

import pytest
from oslo_upgradecheck.upgradecheck import Code

from concertim_api.clouds.simulator import Simulator
from concertim_api.cmd import apache, listener, status

CLOUD = """
[cloud]
auth_type = v3password
auth_url = http://127.0.0.1:{port}/v3
username = concertim
password = very-secret
project_name = service
user_domain_id = default
project_domain_id = default
regions = north
"""


@pytest.fixture
def check(run, conf):
    """Write options, and return what is said under a title."""

    def call(title, settings="", transport="fake:"):
        with conf.open("a") as file:
            file.write(f"transport_url = {transport}\n{settings}\n")
        code, out, _ = run(
            "upgrade", "check", main=status.main, prog="concertim-status"
        )
        assert code in (0, 1, 2)
        told = " ".join(out.replace("|", " ").split())
        mine = told.partition(f"Check: {title} Result: ")[2]
        return mine.partition(" +-")[0]

    return call


@pytest.fixture
def simulator():
    with Simulator(region="north") as found:
        yield found


def rabbit(check, *options):
    lines = "\n".join(["[oslo_messaging_rabbit]", *options])
    return check("Queues", lines, "rabbit://127.0.0.1:1/")


@pytest.mark.parametrize(
    "options", [[], ["rabbit_quorum_queue=true"], ["amqp_durable_queues=true"]]
)
def test_queues_that_keep_everything_are_right(check, options):
    assert rabbit(check, *options) == "Success Details: the queue concertim"


def test_what_a_queue_will_lose_is_named(check):
    told = rabbit(
        check,
        "rabbit_quorum_queue = true",
        "rabbit_quorum_delivery_limit = 20",
        "amqp_auto_delete = true",
    )
    assert told.startswith("Warning")
    assert "[oslo_messaging_rabbit] rabbit_quorum_delivery_limit: " in told
    assert "[oslo_messaging_rabbit] amqp_auto_delete: " in told


def test_a_limit_of_queues_that_there_are_not_is_none(check):
    told = rabbit(check, "rabbit_quorum_delivery_limit = 20")
    assert told == "Success Details: the queue concertim"


BOTH = "rabbit_quorum_queue = true", "rabbit_ha_queues = true"


def test_a_queue_is_of_one_kind(check):
    told = rabbit(check, *BOTH)
    assert told.startswith("Failure")
    assert "[oslo_messaging_rabbit] rabbit_ha_queues: " in told


def test_the_listener_refuses_it_too(run, conf, monkeypatch):
    monkeypatch.setattr(listener.cotyledon, "ServiceManager", None)
    with conf.open("a") as file:
        file.write("transport_url = rabbit://127.0.0.1:1/\n")
        file.write("\n".join(["[oslo_messaging_rabbit]", *BOTH, ""]))
    said = run(main=listener.main, prog="concertim-listener")[2]
    assert said.startswith("concertim-listener: [oslo_messaging_rabbit] ")


def test_options_of_rabbitmq_are_nothing_to_another_bus(check):
    lines = "\n".join(["[oslo_messaging_rabbit]", *BOTH])
    assert check("Queues", lines) == "Success Details: the queue concertim"


@pytest.fixture
def sites(tmp_path, monkeypatch):
    """Where the enabled sites of Apache are."""
    monkeypatch.setattr(apache, "APACHE", tmp_path)
    folder = tmp_path / "sites-enabled"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(("old", "new"), apache.RENAMED.items())
def test_a_site_with_an_old_name_is_told_the_new_one(check, sites, old, new):
    (sites / "concertim.conf").write_text(f"WSGIScriptAlias / /x/{old}\n")
    result = apache.check()
    assert result.code == Code.WARNING
    path = sites / "concertim.conf"
    assert result.details == f"{path}: {old} is called {new} now"
    assert check("Names of applications").startswith("Warning")


def test_sites_that_are_shipped_have_no_old_name(sites, pytestconfig):
    for path in (pytestconfig.rootpath / "etc" / "apache2").rglob("*.conf"):
        (sites / path.name).write_text(path.read_text())
    (sites / "b.conf").write_text(" # not concertim-compat.wsgi\n")
    result = apache.check()
    assert result.code == Code.SUCCESS
    assert result.details == f"read 6 files of {sites.parent}/*-enabled/*.conf"


def test_a_site_that_can_not_be_read_is_named(sites):
    path = sites / "gone.conf"
    path.symlink_to(sites / "nowhere")
    result = apache.check()
    assert result.code == Code.WARNING
    assert result.details == f"{path} can't be read: No such file or directory"


def test_no_cloud_is_no_warning(check):
    assert check("Clouds") == "Success Details: no cloud: no racks"


def test_a_driver_that_is_gone_is_named_with_what_is_instead(check):
    told = check("Options", "[cloud]\ndriver = fake\n")
    assert told.startswith("Failure")
    assert "[cloud] driver: " in told
    assert "concertim_api.clouds.simulator" in told


def test_a_cloud_that_answers_is_well(check, simulator):
    told = check("Clouds", simulator.section())
    assert told == "Success Details: regions north"


def test_a_cloud_that_is_away_is_named_and_no_failure(check):
    told = check("Clouds", CLOUD.format(port=1))
    assert told.startswith("Warning")
    assert "north" in told
    assert "very-secret" not in told


def test_a_cloud_that_never_answers_is_not_waited_for(check, monkeypatch):
    monkeypatch.setattr(status, "_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = check("Clouds", CLOUD.format(port=silent.getsockname()[1]))
    assert told.startswith("Warning")


def tokens_by(simulator, **login):
    """Return the section by which tokens are checked at a Keystone."""
    values = {**simulator.login(), **login}
    values["auth_url"] = f"{simulator.url}/identity/v3"
    lines = [f"{name} = {value}" for name, value in values.items()]
    return "\n".join(["[keystone_authtoken]", *lines, ""])


def test_a_keystone_that_lets_the_api_in_is_well(check, simulator):
    told = check("Keystone", tokens_by(simulator))
    assert told == "Success Details: [keystone_authtoken]"


def test_a_keystone_that_refuses_the_api_is_a_failure(check, simulator):
    told = check("Keystone", tokens_by(simulator, password="hush"))
    assert told.startswith(
        "Failure Details: Keystone refuses this service's own password"
    )
    assert "[keystone_authtoken]" in told
    assert "hush" not in told


def test_a_keystone_that_is_away_is_a_failure(check):
    told = check("Keystone")
    assert told.startswith("Failure Details: Keystone can't be asked")


def test_a_memcached_that_is_away_is_a_warning(check, simulator):
    away = "127.0.0.1:1"
    answer = check("Keystone", tokens_by(simulator, memcached_servers=away))
    assert answer == (
        f"Warning Details: memcached does not answer: {away} "
        "([keystone_authtoken] memcached_servers)"
    )


@pytest.mark.parametrize("strategy", ["key", "noauth"])
def test_without_its_tokens_keystone_is_not_asked(check, strategy):
    told = check("Keystone", f"[api]\nauth_strategy = {strategy}\n")
    assert told == (
        f"Success Details: not asked: [api] auth_strategy is {strategy}"
    )


def test_a_service_that_is_not_in_the_catalog_is_told(check, simulator):
    simulator.services.pop("compute")
    told = check("Clouds", simulator.section())
    assert told.startswith("Warning Details: the catalog has no service")


def test_a_cloud_that_tells_what_is_left_is_well(check, simulator):
    told = check("Deletion of teams", simulator.section())
    assert told == "Success Details: regions north"


def test_a_user_who_does_not_see_all_projects_is_told(check, simulator):
    simulator.roles = ["reader"]
    told = check("Deletion of teams", simulator.section())
    assert told.startswith("Warning Details: no team can be deleted: ")
    assert "admin_roles" in told


@pytest.fixture
def policy(check, conf):
    """Write a policy file, and return what is said of it."""

    def call(text, name="policy.yaml", settings=None):
        (conf.parent / name).write_text(text)
        return check(
            "Policy file", settings or f"[oslo_policy]\npolicy_file = {name}"
        )

    return call


RACKS = "concertim:racks:list_all"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        f'"{RACKS}": "role:admin or role:auditor"\n',
        f'"{RACKS}": "!"\n',
        f'"{RACKS}": "rule:auditors"\n"auditors": "role:auditor"\n',
        '"admin_api": "role:admin and user_id:4711"\n',
    ],
)
def test_rules_that_mean_what_they_say_are_right(policy, text):
    told = policy(text)
    assert told.startswith("Success Details: /")
    assert told.replace(" ", "").endswith("/policy.yaml")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('"concertim:racks: "role', "policy.yaml is no file of rules"),
        ("- one\n- two\n", "policy.yaml is no file of rules"),
        (f'"{RACKS}": 7\n', "policy.yaml is no file of rules"),
        (f'"{RACKS}": "role:admin or"\n', f"{RACKS} can't be understood"),
        (f'"{RACKS}": "rule:auditor"\n', RACKS),
        (f'"{RACKS}": "rule:{RACKS}"\n', RACKS),
    ],
)
def test_rules_that_mean_something_else_are_failures(policy, text, complaint):
    told = policy(text)
    assert told.startswith("Failure")
    assert complaint in told


def test_rules_of_another_release_are_named(policy):
    told = policy(f'"concertim:rack:list": "@"\n"{RACKS}": "role:admin"\n')
    assert told.startswith("Warning")
    assert "concertim:rack:list is no rule of this release" in told
    assert RACKS not in told


def test_json_is_a_failure(policy):
    told = policy("{}", "policy.json")
    assert told.startswith("Failure")
    assert "JSON-formatted" in told


def test_a_folder_of_rules_is_read_too(policy, conf):
    (conf.parent / "rules").mkdir()
    told = policy(
        '"concertim:rack:list": "@"\n',
        "rules/some.yaml",
        "[oslo_policy]\npolicy_dirs = rules",
    )
    assert "concertim:rack:list is no rule of this release" in told


def test_a_file_that_was_asked_for_and_is_missing_is_named(check):
    told = check("Policy file", "[oslo_policy]\npolicy_file = rules.yaml")
    assert told.startswith("Warning Details: rules.yaml: there is no such")
    assert check("Policy file").startswith("Warning")


def test_nobody_has_to_have_a_file(check):
    told = check("Policy file")
    assert told == "Success Details: no file: the defaults hold"


def test_what_was_looked_at_is_named(run, check, conf, tmp_path):
    run("db", "sync")
    words = "".join(check("Database").split())  # the table breaks it
    assert words == f"SuccessDetails:sqlite{tmp_path}/concertim.sqlite"
    assert "".join(check("Options").split()).endswith(str(conf))
    assert check("Message buses") == "Success Details: RegionOne from fake /"


def test_a_message_bus_that_is_not_named_is_a_failure(run, conf):
    code, out, _ = run(
        "upgrade", "check", main=status.main, prog="concertim-status"
    )
    assert code == 2
    told = " ".join(out.replace("|", " ").split())
    assert "Message buses Result: Failure Details: [DEFAULT]" in told
    assert "transport_url: missing" in told


def test_without_a_tariff_nothing_has_a_price(run, check, tmp_path):
    run("db", "sync")
    assert check("Billing") == (
        "Success Details: [billing] driver is local; there is no tariff: "
        "nothing has a price"
    )
    path = tmp_path / "tariff.yaml"
    path.write_text(
        'name: "2026"\ncurrency: EUR\nvalid_from: 2026-01-01\nrules:\n'
        "  - {name: hours, unit: compute, for: {kind: instance}, "
        "count: hour, price: 1}\n"
    )
    assert run("tariff", "load", str(path))[0] == 0
    assert check("Billing") == (
        "Success Details: [billing] driver is local; the tariff 2026 is in "
        "force"
    )
    settings = "[billing]\ndriver = none"
    assert check("Billing", settings).endswith("nobody owes anything")


def test_tariffs_of_which_none_is_in_force_are_a_warning(run, check, tmp_path):
    run("db", "sync")
    path = tmp_path / "tariff.yaml"
    path.write_text(
        "name: later\ncurrency: EUR\nvalid_from: 2199-01-01\nrules:\n"
        "  - {name: hours, unit: compute, for: {kind: instance}, "
        "count: hour, price: 1}\n"
    )
    assert run("tariff", "load", str(path))[0] == 0
    assert check("Billing") == (
        "Warning Details: [billing] driver is local, and no tariff is in "
        "force: nothing has a price (concertim-manage tariff load)"
    )


def test_a_billing_system_that_is_away_is_a_warning(run, check):
    run("db", "sync")
    settings = "[billing]\ndriver = killbill\n[killbill]\n" + "".join(
        f"{name} = x\n"
        for name in ("username", "password", "api_key", "api_secret")
    )
    told = check(
        "Billing", f"{settings}currency = EUR\nurl = http://127.0.0.1:9\n"
    )
    assert told.startswith("Warning Details: GET /catalog: no connection")
    assert told.endswith("(concertim-manage tariff load)")
