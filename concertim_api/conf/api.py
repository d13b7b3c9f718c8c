"""[api]: who is let in, and how much is answered at once."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("api", title="The HTTP API")

opts = [
    cfg.StrOpt(
        "auth_strategy",
        default="keystone",
        choices=[
            ("keystone", "tokens of Keystone, by [keystone_authtoken]"),
            ("key", "named keys, made by concertim-manage, in X-Auth-Token"),
            (
                "noauth",
                "everybody on this machine is an administrator; requests "
                "that come from elsewhere are refused",
            ),
        ],
        help="How callers say who they are.",
    ),
    cfg.IntOpt(
        "default_limit",
        default=100,
        min=1,
        help="Rows in a page for who does not ask for a number.",
    ),
    cfg.IntOpt(
        "max_limit",
        default=1000,
        min=1,
        help="The most rows in a page. A request for more is refused; a "
        "page is held in memory, so this bounds what one request costs.",
    ),
    cfg.URIOpt(
        "public_endpoint",
        schemes=["http", "https"],
        help="What links begin with, like https://cloud.example.org/usage. "
        "Without it, links lead back the way the request came.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    # By name: a group that is handed over is shared between all
    # configurations of a process, values that were set included.
    conf.register_opts(opts, group=group.name)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    return [(group, opts)]
