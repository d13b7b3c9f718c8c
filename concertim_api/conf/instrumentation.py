"""[instrumentation]: metrics of our processes, for Prometheus."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("instrumentation", title="Metrics for Prometheus")

opts = [
    cfg.HostAddressOpt(
        "address",
        deprecated_group="metrics",
        default="127.0.0.1",
        help="The address at which the agent and the listener show their "
        "metrics. Anybody who reaches the address can read them without a "
        "token: counts, states and the names of regions, but no names or "
        "ids of resources.",
    ),
    cfg.PortOpt(
        "agent_port",
        deprecated_group="metrics",
        min=1,
        help="The port of the agent's metrics, such as 8992. Without it, the "
        "agent shows none. If another agent on the machine has the port, the "
        "agent waits until it is free.",
    ),
    cfg.PortOpt(
        "listener_port",
        deprecated_group="metrics",
        min=1,
        help="The port of the listener's metrics, such as 8993. Without it, "
        "the listener shows none. Further workers have the ports after it, in "
        "order.",
    ),
    cfg.BoolOpt(
        "api",
        deprecated_group="metrics",
        default=False,
        help="Count the requests of the API, in files of state_path. The API "
        "does not show them. Another application shows them "
        "(concertim_api.wsgi.instrumentation), at another port: Apache's "
        "site concertim-instrumentation.",
    ),
    cfg.FloatOpt(
        "max_age",
        deprecated_group="metrics",
        default=5,
        min=0,
        help="Seconds for which the agent shows figures from the database. A "
        "later scrape reads them again: five short statements.",
    ),
]
