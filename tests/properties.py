"""How many examples a property is tried with."""

from hypothesis import settings


def share(count: int) -> int:
    """Return so many for the large profile, and a part of it for another."""
    return max(count * settings.default.max_examples // 100, 1)


def examples(count: int) -> settings:
    """Return settings for a share of so many examples."""
    return settings(max_examples=share(count))
