"""What the plugin does in each phase, and what comes of it."""

from __future__ import annotations

import re
import sys
from importlib import metadata

import pytest
from oslo_config import cfg

from concertim_api import bootstrap
from concertim_api.clouds.simulator import Simulator
from concertim_api.db import schema
from tests.functional.devstack.conftest import PLUGIN, ROOT, SERVICES

URL = "http://192.0.2.10:8990"
BUS = "rabbit://stackrabbit:secret@127.0.0.1:1/"


def read(devstack):
    return bootstrap.configure(["--config-file", str(devstack.conf)])


def test_the_programs_and_apache_are_installed(stacked):
    assert stacked.calls("setup_develop") == [[str(ROOT)]]
    assert stacked.calls(phase="install")[1:4] == [
        ["setup_develop", str(ROOT)],
        ["install_apache_wsgi"],
        ["enable_apache_mod", "headers"],
    ]


def test_the_catalog_has_the_service_and_keystone_the_user(stacked):
    assert stacked.calls("create_service_user") == [["concertim", "admin"]]
    (service,) = stacked.calls("get_or_create_service")
    assert service[:2] == ["concertim", "concertim"]
    assert stacked.calls("get_or_create_endpoint") == [
        ["concertim", "RegionOne", URL, URL, URL]
    ]


def test_our_programs_take_the_configuration(stacked):
    conf = read(stacked)
    bootstrap.check_agent(conf)
    assert conf.api.auth_strategy == "keystone"
    assert conf.api.public_endpoint == URL
    assert conf.view.projects == ["all"]
    assert conf.agent.sync_interval == 60
    assert list(bootstrap.clouds(conf)) == ["RegionOne"]
    assert conf.listener.region == "RegionOne"
    bootstrap.api(conf)
    assert conf.keystone_authtoken.www_authenticate_uri
    assert stacked.conf.stat().st_mode & 0o777 == 0o600


def test_no_option_is_misspelt(stacked):
    conf = read(stacked)
    bootstrap.api(conf)
    listener(conf)
    for section, values in stacked.options("concertim/concertim.conf").items():
        for name in values:
            place = conf if section == "DEFAULT" else conf[section]
            try:
                place[name]
            except cfg.NoSuchOptError:
                pytest.fail(f"[{section}] {name}")


def listener(conf):
    from concertim_api.messaging import oslo_messaging

    oslo_messaging.get_notification_transport(conf)
    assert conf.transport_url == BUS


def test_the_database_is_made_by_the_program(stacked):
    assert stacked.calls("recreate_database") == [["concertim"]]
    assert schema.version(read(stacked)) == schema.head()


def test_listener_and_agent_are_processes_the_api_is_a_site(stacked):
    bin = f"{sys.prefix}/bin/concertim"
    assert stacked.calls("run_process") == [
        [
            f"concertim-{part}",
            f"{bin}-{part} --config-file {stacked.conf}",
        ]
        for part in ("listener", "agent")
    ]
    assert stacked.calls(phase="extra")[-3:] == [
        ["enable_apache_site", "concertim-api"],
        ["restart_apache_server"],
        ["wait_for_service", "60", f"{URL}/healthcheck"],
    ]


def test_the_queues_that_nobody_reads_are_bounded(stacked, devstack):
    (call,) = stacked.calls("sudo", phase="extra")
    assert call[:2] == ["rabbitmqctl", "set_policy"]
    devstack.run("stack extra", ENABLED=f"{SERVICES} ceilometer")
    assert devstack.calls("sudo", phase="extra") == []


def demanded():
    """Return what the documentation asks of services: file, section,
    option, value."""
    page = (ROOT / "doc/source/install/services.rst").read_text()
    row = r"\* - Nova\n\s+- ``\[(\w+)\] (\w+) = (\w+)``"
    for section, option, value in re.findall(row, page):
        yield "nova/nova.conf", section, option, value
    audit = page.partition("``nova.conf``:")[2]
    for option, value in re.findall(r"^   (instance\w+) = (\w+)$", audit, 8):
        yield "nova/nova.conf", "DEFAULT", option, value
    for name in re.findall(r"``(\w[\w-]*)\.conf``", page):
        if name != "ironic":
            folder = name.removesuffix("-api")
            yield (
                f"{folder}/{name}.conf",
                "oslo_messaging_notifications",
                ("driver"),
                "messagingv2",
            )


def test_services_send_what_the_documentation_asks_for(stacked):
    rows = set(demanded())
    assert len(rows) == 10
    for file, section, option, value in rows:
        told = stacked.options(file).get(section, option)
        assert told.lower() == value, f"{file} [{section}] {option}"


def test_keystone_is_told_before_it_starts(devstack):
    devstack.run("stack install")
    told = devstack.options("keystone/keystone.conf")
    assert told.get("oslo_messaging_notifications", "driver") == "messagingv2"
    assert devstack.options("nova/nova.conf").sections() == ["DEFAULT"]


def test_cells_of_nova_send_to_the_same_bus(devstack):
    cell = f"[DEFAULT]\ntransport_url = {BUS}nova_cell1\n"
    devstack.write("nova/nova_cell1.conf", cell)
    devstack.run("stack post-config")
    told = devstack.options("nova/nova_cell1.conf")
    assert told.get("oslo_messaging_notifications", "transport_url") == BUS
    assert told.get("DEFAULT", "transport_url") == f"{BUS}nova_cell1"


def test_the_queues_are_declared_as_nova_does(stacked, devstack):
    assert not stacked.options("concertim/concertim.conf").has_section(
        "oslo_messaging_rabbit"
    )
    devstack.write(
        "nova/nova.conf", "[oslo_messaging_rabbit]\nrabbit_quorum_queue=true\n"
    )
    devstack.run("stack post-config")
    conf = read(devstack)
    listener(conf)
    assert conf.oslo_messaging_rabbit.rabbit_quorum_queue is True
    assert conf.oslo_messaging_rabbit.amqp_durable_queues is False


def test_heat_lists_all_stacks_and_keeps_its_policy(devstack):
    devstack.write("heat/policy.yaml", '"stacks:index": "role:reader"\n')
    devstack.run("stack post-config", "stack post-config")
    assert (devstack.folder / "etc/heat/policy.yaml").read_text() == (
        '"stacks:index": "role:reader"\n"stacks:global_index": "role:admin"\n'
    )


def files(devstack):
    return {
        str(path): path.read_text()
        for path in (devstack.folder / "etc").rglob("*")
        if path.is_file()
    }


def test_stacking_again_changes_nothing(devstack):
    devstack.stack()
    before = files(devstack)
    devstack.stack()
    assert files(devstack) == before
    assert schema.version(read(devstack)) == schema.head()


def test_unstack_stops_what_stack_started(devstack):
    devstack.stack()
    devstack.run("unstack")
    stopped = devstack.calls("stop_process", phase="unstack")
    started = [[call[0]] for call in devstack.calls("run_process")]
    assert sorted(stopped) == sorted(started)
    assert devstack.calls(phase="unstack")[-2:] == [
        ["disable_apache_site", "concertim-api"],
        ["restart_apache_server"],
    ]
    assert devstack.conf.exists()


def test_clean_removes_what_stack_made(devstack):
    before = set(files(devstack)) | {
        str(devstack.folder / "etc/heat/policy.yaml")
    }
    devstack.stack()
    devstack.run("unstack", "clean")
    assert set(files(devstack)) == before
    assert not (devstack.folder / "data" / "concertim").exists()


def test_behind_tls_the_api_is_on_another_port(devstack):
    devstack.stack(ENABLED=f"{SERVICES} tls-proxy")
    https = URL.replace("http:", "https:")
    assert devstack.calls("start_tls_proxy") == [
        ["concertim", "*", "8990", "192.0.2.10", "18990"]
    ]
    assert devstack.calls("get_or_create_endpoint")[0][2:] == [https] * 3
    told = devstack.options("concertim/concertim.conf")
    assert told.get("cloud", "cafile").endswith("ca-bundle.pem")
    assert told.get("oslo_middleware", "enable_proxy_headers_parsing")
    assert "Define CONCERTIM_PORT 18990" in devstack.site.read_text()


def test_a_compute_node_only_sends(devstack):
    parts = "concertim-api concertim-listener concertim-agent"
    devstack.stack(ENABLED="nova", DISABLED=parts)
    assert not devstack.conf.exists()
    assert not devstack.site.exists()
    for name in ("create_service_user", "recreate_database", "sudo"):
        assert not devstack.calls(name)
    told = devstack.options("nova/nova.conf")
    assert told.get("notifications", "notification_format") == "both"


def test_a_plugin_that_comes_too_late_is_named(devstack):
    (devstack.folder / "etc/heat/heat.conf").unlink()
    done = devstack.run("stack post-config", check=False)
    assert done.returncode == 1
    assert "heat has no" in done.stderr
    assert "enable its plugin before concertim" in done.stderr


def test_another_distribution_is_refused_at_once(devstack):
    done = devstack.run("stack pre-install", check=False, DISTRO="rhel9")
    assert done.returncode == 1
    assert "concertim: not on this distribution" in done.stderr
    assert devstack.calls() == []


def test_what_deserves_a_look_does_not_stop_the_last_phase(stacked):
    before = stacked.conf.read_text()
    options = stacked.options("concertim/concertim.conf")
    with Simulator() as simulator:
        options["keystone_authtoken"].update(simulator.login())
        with stacked.conf.open("w") as file:
            options.write(file)
        done = stacked.run("stack test-config")
    stacked.conf.write_text(before)
    assert "Warning" in done.stdout


def test_a_keystone_that_is_away_stops_the_last_phase(stacked):
    done = stacked.run("stack test-config", check=False)
    assert done.returncode == 1
    assert "Keystone can't be asked" in done.stdout


def test_what_will_not_work_stops_the_last_phase(devstack):
    devstack.run("stack post-config")
    (devstack.folder / "data" / "concertim.sqlite").unlink()
    done = devstack.run("stack test-config", check=False)
    assert done.returncode == 1
    assert "concertim-status upgrade check: 2" in done.stderr


def test_devstack_finds_the_packages_by_the_name_of_the_plugin():
    (package,) = metadata.distribution("concertim-api").metadata.get_all(
        "Name"
    )
    packages = (PLUGIN / "files" / "debs" / package).read_text().split()
    assert packages == ["apache2", "libapache2-mod-wsgi-py3"]
    page = (ROOT / "doc/source/install/devstack.rst").read_text()
    assert f"   enable_plugin {package} " in page


def test_how_devstack_runs_its_shell_is_left_alone():
    for path in (PLUGIN / "settings", PLUGIN / "plugin.sh"):
        assert "set -" not in path.read_text(), "it is devstack's to set"
