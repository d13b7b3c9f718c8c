"""The operator's commands, as an operator calls them."""

from __future__ import annotations

import errno
import json
import random
import socket
import sys
import threading
import urllib.request

import pytest

from concertim_api import bootstrap
from concertim_api.cmd import development, status
from concertim_api.domain.errors import Invalid
from tests import samples


def recording(path, messages):
    path.write_text(
        "".join(json.dumps({"message": m}) + "\n" for m in messages)
    )
    return path


def test_the_schema_is_made_and_named(run):
    assert run("db", "version")[1] == "none\n"
    assert run("db", "sync")[1] == "0020 (the newest)\n"
    assert run("db", "version")[1] == "0020 (the newest)\n"


def test_a_replay_says_what_became_of_each_notification(run, tmp_path):
    run("db", "sync")
    one = samples.first("volume.create.end")
    path = recording(
        tmp_path / "f.jsonl",
        [
            one,
            one,
            samples.first("identity.authenticate"),
            {**one, "message_id": "x", "payload": {}},
        ],
    )
    said = run("replay", path)[1]
    assert said == "1 new, 1 known, 1 ignored, 0 unlisted, 1 dead\n"
    # The dead one was buried: replaying it is no news either.
    assert (
        run("replay", path)[1]
        == "0 new, 2 known, 1 ignored, 0 unlisted, 1 dead\n"
    )


def test_two_databases_are_equal_byte_for_byte(run, conf, tmp_path):
    messages = samples.messages()
    shuffled = list(messages) + list(messages[:300])
    random.Random(5).shuffle(shuffled)
    dumps = []
    for name, told in (("one", messages), ("two", shuffled)):
        folder = tmp_path / name
        conf.write_text(f"[DEFAULT]\nstate_path = {folder}\n")
        run("db", "sync")
        path = recording(tmp_path / f"{name}.jsonl", told)
        assert run("replay", path)[0] == 0
        code, dump, _ = run("periods", "--format", "json")
        assert code == 0
        dumps.append(dump)
    assert dumps[0] == dumps[1]
    rows = json.loads(dumps[0])
    order = [
        (r["region"], r["kind"], r["resource_id"], r["start"]) for r in rows
    ]
    assert len(rows) > 100
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["replay", "/nowhere.jsonl"], "/nowhere.jsonl: No such file"),
        (["replay", "/"], "/: IsADirectoryError"),
        (["serve", "--host", "0.0.0.0"], "not a loopback address"),
    ],
)
def test_what_cant_be_done_is_said_in_a_line(run, arguments, complaint):
    run("db", "sync")
    code, _, said = run(*arguments)
    assert code not in (0, None)
    assert complaint in said
    assert "\n" not in said.strip()


def test_without_a_schema_it_says_what_to_do(run, tmp_path):
    path = recording(tmp_path / "f.jsonl", [])
    assert "run concertim-manage db sync" in run("replay", path)[2]


def test_a_restored_database_has_a_feed_of_its_own(run):
    assert "the database has no tables" in run("db", "restored")[2]
    run("db", "sync")
    code, first, _ = run("db", "restored")
    assert code == 0
    assert first.startswith("The feed of changes begins anew, after the cur")
    assert run("db", "restored")[1] > first


@pytest.mark.parametrize(
    ("section", "option"),
    [
        ("listener", "batch_size"),
        ("cloud", "page_size"),
        ("database", "max_pool_size"),
        ("DEFAULT", "log_rotate_interval"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(
    run, conf, section, option
):
    with conf.open("a") as file:
        file.write(f"[{section}]\n{option} = many\n")
    assert run("db", "version")[2] == (
        f"concertim-manage: [{section}] {option}: invalid literal for int() "
        "with base 10: 'many'"
    )


@pytest.mark.parametrize(
    ("driver", "module", "package"),
    [
        ("postgresql+psycopg2", "psycopg2", "psycopg2-binary"),
        ("mysql+pymysql", "pymysql", "PyMySQL"),
        ("mysql+mysqldb", "MySQLdb", "mysqlclient"),
    ],
)
def test_a_driver_that_is_not_installed_is_named(
    run, conf, monkeypatch, driver, module, package
):
    monkeypatch.setitem(sys.modules, module, None)
    with conf.open("a") as file:
        file.write(f"[database]\nconnection = {driver}://u:hush@db/c\n")
    for words in (("db", "sync"), ("periods",)):
        assert run(*words)[2] == (
            "concertim-manage: [database] connection: the driver of "
            f"{driver} is not installed: pip install {package}"
        )


def test_a_driver_that_does_not_exist_is_named(run, conf):
    with conf.open("a") as file:
        file.write("[database]\nconnection = mysql+floppy://u:hush@db/c\n")
    assert run("db", "sync")[2] == (
        "concertim-manage: [database] connection: there is no driver "
        "mysql+floppy"
    )


def test_an_events_file_that_is_none_is_refused_by_name(run, conf, tmp_path):
    events = tmp_path / "events.yaml"
    events.write_text("kinds: 3")
    with conf.open("a") as file:
        file.write(f"[listener]\nevents_file = {events}\n")
    run("db", "sync")
    said = run("replay", events)[2]
    assert "[listener] events_file" in said
    assert "kinds is not a list" in said


def test_region_rules_without_an_end_are_refused_by_name(run, conf):
    with conf.open("a") as file:
        file.write("[listener]\nregion_rules = topic a\\.(?P<region>.*)$$\n")
    run("db", "sync")
    complaint = run("replay", conf)[2]
    assert "[listener] region_rules: " in complaint
    assert "the last rule, no other, is default or refuse" in complaint
    with conf.open("a") as file:
        file.write("region_rules = refuse\n")
    assert "region_rules" not in run("replay", conf)[2]


def checks(run):
    code, out, _ = run(
        "upgrade", "check", main=status.main, prog="concertim-status"
    )
    return code, " ".join(out.replace("|", " ").split())


@pytest.fixture
def no_broker(conf):
    with conf.open("a") as file:
        file.write("transport_url = fake:\n")


@pytest.mark.usefixtures("no_broker")
def test_the_status_names_what_is_not_ready(run, conf):
    with conf.open("a") as file:
        file.write("[api]\nauth_strategy = noauth\n")
    code, said = checks(run)
    assert code == 2
    assert "Check: Database Result: Failure" in said
    assert "run concertim-manage db sync" in said
    run("db", "sync")
    code, said = checks(run)
    assert code == 1
    assert said.count("Result: Success") == 11
    assert said.count("none has ever run") == 2


@pytest.mark.usefixtures("no_broker")
def test_names_of_before_are_taken_and_named(run, conf):
    with conf.open("a") as file:
        file.write("[metrics]\nagent_port = 8992\n[compat]\nregion = north\n")
    said = checks(run)[1]
    assert "[metrics] is called [instrumentation] now" in said
    assert "[compat] is called [concertim_dialect] now" in said
    found = bootstrap.configure(["--config-file", str(conf)])
    assert found.instrumentation.agent_port == 8992
    assert found.concertim_dialect.region == "north"


@pytest.mark.usefixtures("no_broker")
def test_options_that_do_not_exist_are_named(run, conf):
    with conf.open("a") as file:
        file.write(
            "[listener]\ntransport_url = rabbit://\nbatch-size = 5\n"
            "[cloud]\nauth_type = v3token\ntoken = secret\nusernam = x\n"
            "[database]\nwhatever = 1\n[elsewhere]\nwhatever = 1\n"
        )
    said = checks(run)[1]
    assert said.count("there is no such option") == 2
    complaint = run("db", "version")[2]
    assert "[listener] transport_url: there is no such option" in complaint
    assert "[cloud] usernam: there is no such option" in complaint
    assert complaint.count("there is no such option") == 2


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("listeners", "listener"),
        ("clouds", "cloud"),
        ("oslo_messaging_rabit", "oslo_messaging_rabbit"),
        ("keystone_authtokn", "keystone_authtoken"),
        ("default", "DEFAULT"),
    ],
)
@pytest.mark.usefixtures("no_broker")
def test_a_misspelled_section_is_named(run, conf, section, name):
    with conf.open("a") as file:
        file.write(f"[{section}]\nregion = north\n")
    sentence = f"[{section}]: there is no such section; is it [{name}]?"
    assert sentence in run("db", "version")[2]
    assert sentence in checks(run)[1]


def test_a_section_of_another_program_is_none_of_ours(run, conf):
    sections = ("nova", "Cloud", "oslo_messaging_kafka", "our_login")
    with conf.open("a") as file:
        file.write("[cloud]\nauth_section = our_login\n")
        file.writelines(f"[{section}]\n" for section in sections)
    assert "no such section" not in run("db", "version")[2]


def test_a_file_that_may_not_be_read_is_named_with_the_reason(run, conf):
    def refuse(path, *arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.open", refuse)
        complaint = run("db", "version")[2]
        code, _, of_status = run(
            "upgrade", "check", main=status.main, prog="concertim-status"
        )
    assert code == 2
    assert complaint.partition(": ")[2] == of_status.partition(": ")[2].strip()
    assert f"open some config files: {conf}: permission denied" in complaint
    assert "run it as root or as the user of the services" in complaint


def test_the_development_server_answers():
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["REMOTE_ADDR"].encode()]

    with development.server(application, "127.0.0.1", 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{running.server_port}/"
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.read() == b"127.0.0.1"
        running.shutdown()


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Invalid, match="--port"):
            development.server(None, "127.0.0.1", port)
