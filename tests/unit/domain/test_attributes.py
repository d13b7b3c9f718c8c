"""Values as the cloud spells them."""

import pytest

from concertim_api.domain.attributes import boolean


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (True, True),
        (False, False),
        ("True", True),
        ("false", False),
        ("yes", None),
        (1, None),
        (None, None),
    ],
)
def test_boolean(value, truth):
    assert boolean(value) is truth
