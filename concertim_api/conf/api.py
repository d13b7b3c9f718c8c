"""[api]: how callers log in, and the size of answers."""

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
        help="How callers log in.",
    ),
    cfg.IntOpt(
        "default_limit",
        default=100,
        min=1,
        help="Rows in a page, if the request has no limit.",
    ),
    cfg.IntOpt(
        "max_limit",
        default=1000,
        min=1,
        help="Rows in a page at most. A request for more is refused. A page "
        "is held in memory, so this bounds the cost of a request.",
    ),
    cfg.URIOpt(
        "public_endpoint",
        schemes=["http", "https"],
        help="The beginning of links, like https://cloud.example.org/usage. "
        "Without it, links begin with the address of the request.",
    ),
]
