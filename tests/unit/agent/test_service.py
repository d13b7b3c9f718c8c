"""The agent's process: how it begins, is told anew, and ends."""

import pytest
from cotyledon import Service
from oslo_config import cfg

from concertim_api.agent.service import AgentService
from concertim_api.domain.errors import Invalid


class Agent:
    def __init__(self):
        self.did = []

    def start(self):
        self.did.append("start")

    def stop(self, seconds):
        self.did.append(("stop", seconds))


@pytest.fixture
def conf(tmp_path):
    path = tmp_path / "a.conf"
    path.write_text("[agent]\nstop_timeout = 3\n")
    made = cfg.ConfigOpts()
    made.register_opts([cfg.FloatOpt("stop_timeout")], group="agent")
    made(["--config-file", str(path)])
    made.path = path
    return made


@pytest.fixture
def ends(monkeypatch):
    """The ends of the process that its base class brings about."""
    found = []
    monkeypatch.setattr(Service, "reload", lambda self: found.append(1))
    return found


def check(conf):
    if conf.agent.stop_timeout > 5:
        raise Invalid("[agent] stop_timeout", "is too long")


@pytest.fixture
def service(conf):
    return AgentService(0, conf, lambda conf: Agent(), check)


def test_it_stops_what_it_started(service):
    service.run()
    service.terminate()
    assert service._running.did == ["start", ("stop", 3.0)]


def test_it_may_be_stopped_before_it_started(service):
    service.terminate()


def test_new_options_are_for_a_new_process(service, conf, ends):
    conf.path.write_text("[agent]\nstop_timeout = 4\n")
    service.reload()
    assert ends == [1]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[agent]\nstop_timeout = 6\n", "[agent] stop_timeout: is too long"),
        ("[agent]\nstop_timeout = a\n", "stop_timeout"),
        ("stop_timeout\n", "No ':' or '=' found"),
    ],
)
def test_wrong_options_are_told_and_not_taken(
    service, conf, ends, caplog, text, complaint
):
    conf.path.write_text(text)
    service.reload()
    assert not ends
    assert complaint in caplog.text
