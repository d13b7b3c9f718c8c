"""openstack concertim, without another word."""

import pytest

from concertim_api.osc.overview import ListCommands


@pytest.fixture
def overview(app, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: app.run(ListCommands, *words)[1].splitlines()


def test_all_commands(overview):
    lines = overview()
    assert any(
        line.startswith("rack list  ") and "List racks" in line
        for line in lines
    )
    assert not any(line.startswith("concertim") for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("words", [("team", "role"), ("help", "team", "role")])
def test_the_commands_of_one_noun(overview, words):
    names = [line[: len("team role unset")] for line in overview(*words)]
    assert [name.strip() for name in names if name.strip()] == [
        *("team role list", "team role set", "team role unset")
    ]


def test_half_a_word_is_no_noun(overview):
    with pytest.raises(ValueError, match=r"^concertim tea is not a command"):
        overview("tea")


def test_a_typo(overview):
    with pytest.raises(ValueError, match=r"rakc list .*; did you mean rack l"):
        overview("rakc", "list")


def test_nothing_like_it(overview):
    with pytest.raises(ValueError, match=r"qqq is not a command$"):
        overview("qqq")


def test_nobody_logs_in_for_it():
    assert not ListCommands.auth_required
