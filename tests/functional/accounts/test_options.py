"""Options that can't be worked with are refused at the start, by name."""

from __future__ import annotations

import pytest

from concertim_api.domain.errors import Invalid


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"team_roles": "admin:"}, "[operations] team_roles: 'admin': ''"),
        ({"team_roles": "admin:a//b"}, "[operations] team_roles: 'admin': "),
        ({"team_roles": ""}, "[operations] team_roles: there must be a role"),
        (
            {"team_grants": "concertim"},
            "[operations] team_grants: 'concertim' is not of the form",
        ),
        ({"team_grants": "a:b,:c"}, "[operations] team_grants: ':c' is not"),
    ],
)
def test_they_are_refused(make_world, options, reason):
    with pytest.raises(Invalid) as refused:
        make_world(**options)
    assert str(refused.value).startswith(reason)
    section, _, option = refused.value.field.partition(" ")
    assert section == "[operations]"
    assert option in options


def test_the_defaults_will_do(make_world):
    assert make_world().roles
