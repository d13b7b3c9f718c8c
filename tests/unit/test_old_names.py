"""Names that operators typed stay valid, and mean what they meant."""

from concertim_api import conf

METRICS = {"address", "agent_port", "listener_port", "api", "max_age"}


def options():
    """Yield every option, with the name of its group."""
    for group, opts in conf.list_opts():
        for option in opts:
            yield group.name if group else "DEFAULT", option


def old_names():
    return {
        (old.group or group, old.name or option.name)
        for group, option in options()
        for old in option.deprecated_opts
    }


def test_the_old_names_of_instrumentation_are_taken():
    assert {n for group, n in old_names() if group == "metrics"} == METRICS


def test_no_option_has_the_old_name_of_another():
    """A new [metrics] has none that would read what was meant for another."""
    names = {(group, option.name) for group, option in options()}
    assert names.isdisjoint(old_names())
