"""[instrumentation]: what the processes tell Prometheus of themselves."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg

group = cfg.OptGroup("instrumentation", title="Metrics for Prometheus")

opts = [
    cfg.HostAddressOpt(
        "address",
        deprecated_group="metrics",
        default="127.0.0.1",
        help="Where the agent and the listener show their metrics. Who can "
        "reach it can read them, without a token: how much there is, how it "
        "goes and the names of regions, but no names or ids of anything in "
        "the cloud.",
    ),
    cfg.PortOpt(
        "agent_port",
        deprecated_group="metrics",
        min=1,
        help="The port of the agent's metrics, such as 8992. Without it, it "
        "shows none. Of several agents on one machine those that find it "
        "taken wait until it is free.",
    ),
    cfg.PortOpt(
        "listener_port",
        deprecated_group="metrics",
        min=1,
        help="The port of the listener's metrics, such as 8993. Without it, "
        "it shows none. Each further one of its workers has the port after "
        "the one before.",
    ),
    cfg.BoolOpt(
        "api",
        deprecated_group="metrics",
        default=False,
        help="Count the requests of the API, in files of state_path. The API "
        "does not show them. Another application does so "
        "(concertim_api.wsgi.instrumentation), at another port: Apache's "
        "site concertim-instrumentation.",
    ),
    cfg.FloatOpt(
        "max_age",
        deprecated_group="metrics",
        default=5,
        min=0,
        help="Seconds for which the agent shows what the database told it, "
        "before it asks again: five short statements, when it is scraped.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    # By name: a group that is handed over is shared between all
    # configurations of a process, values that were set included.
    conf.register_opts(opts, group=group.name)


def list_opts() -> Sequence[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    return [(group, opts)]
