"""concertim-manage key: secrets are printed once, and mistakes are named."""

import pytest

from concertim_api import bootstrap

NOT_TAKEN = "The API takes no keys: [api] auth_strategy is keystone."


@pytest.fixture
def by_keys(conf):
    with conf.open("a") as file:
        file.write("[api]\nauth_strategy = key\n")


@pytest.fixture(autouse=True)
def tables(run):
    run("db", "sync")


@pytest.fixture
def name_of(conf):
    """Return whose key a secret is; None: it counts for nobody's."""

    def name_of(secret):
        services = bootstrap.services(
            bootstrap.configure(["--config-file", str(conf)])
        )
        key = services.keys.authenticate(secret)
        services.store.close()
        return key and key.name

    return name_of


def secret_of(answer):
    code, out, _ = answer
    assert code == 0, answer
    return out.strip()


@pytest.mark.usefixtures("by_keys")
def test_keys_are_shown_once(run):
    secret = secret_of(run("key", "create", "ops", "--role", "admin"))
    assert len(secret) >= 40
    again = run("key", "create", "ops", "--role", "admin")[2]
    assert "exists" in again
    listed = run("key", "list")[1]
    assert listed == "ops\troles admin\tproject any\texpires never\n"
    assert secret not in listed
    assert run("key", "revoke", "ops")[0] == 0
    assert run("key", "list")[1] == ""


@pytest.mark.usefixtures("by_keys")
def test_a_rotated_key_has_another_secret(run, name_of):
    before = secret_of(run("key", "create", "billing", "--project", "p1"))
    listed = run("key", "list")[1]
    code, out, complaint = run("key", "rotate", "billing")
    assert (code, complaint) == (0, "")
    assert out.startswith("concertim_")
    assert name_of(out.strip()) == "billing"
    assert name_of(before) is None
    assert run("key", "list")[1] == listed


@pytest.mark.usefixtures("by_keys")
def test_the_secret_before_counts_for_the_overlap(run, name_of):
    before = secret_of(run("key", "create", "billing", "--project", "p1"))
    code, out, said = run("key", "rotate", "billing", "--overlap", "90")
    assert code == 0
    assert said.startswith("The secret before counts until 20")
    assert name_of(before) == name_of(out.strip()) == "billing"
    assert "\tsecret before until 20" in run("key", "list")[1]
    run("key", "revoke", "billing")
    assert name_of(before) is name_of(out.strip()) is None


@pytest.mark.usefixtures("by_keys")
def test_of_a_secret_that_is_taken_nothing_is_said(run):
    assert run("key", "create", "ops", "--role", "admin")[2] == ""


def test_a_secret_that_the_api_does_not_take_is_said_to_be(run):
    code, out, said = run("key", "create", "ops", "--role", "admin")
    assert (code, NOT_TAKEN in said) == (0, True)
    assert out.startswith("concertim_")
    assert NOT_TAKEN in run("key", "rotate", "ops")[2]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["create", "k", "--expires", "soon"], "--expires: not a date"),
        (
            ["create", "k", "--role", "admin", "--expires", "2001-01-01"],
            "--expires: must be in the future",
        ),
        (["create", "a b"], "NAME: letters, digits"),
        (
            ["create", "portal"],
            "--project: needed for a key without the admin role",
        ),
        (
            ["create", "k", "--role", "king"],
            "--role: no policy names the role king; they name "
            "admin, manager, member, reader",
        ),
        (["rotate", "k"], "Key k not found"),
        (["revoke", "k"], "Key k not found"),
    ],
)
def test_a_mistake_is_named_as_it_was_typed(run, arguments, complaint):
    code, out, said = run("key", *arguments)
    assert code not in (0, None)
    assert out == ""
    assert complaint in said
    assert "\n" not in said.strip()


@pytest.mark.parametrize("overlap", ["-1", "soon", "527041"])
def test_an_overlap_is_a_number_of_minutes(run, overlap):
    run("key", "create", "ops", "--role", "admin")
    code, out, said = run("key", "rotate", "ops", f"--overlap={overlap}")
    assert (code, out) == (2, "")
    assert "--overlap" in said


def test_a_policy_may_name_another_role(run, conf, tmp_path):
    policies = tmp_path / "policy.yaml"
    policies.write_text('"concertim:usage:get": "role:king"\n')
    with conf.open("a") as file:
        file.write(f"[oslo_policy]\npolicy_file = {policies}\n")
    code, out, _ = run("key", "create", "k", "--role", "king", "--project=p1")
    assert (code, out[:10]) == (0, "concertim_")
