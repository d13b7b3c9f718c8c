"""[concertim_dialect]: the dialect that Concertim's front end speaks today."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg

group = cfg.OptGroup("concertim_dialect", title="The legacy dialect")

_tokens = [
    cfg.MultiStrOpt(
        "jwt_secrets",
        deprecated_group="compat",
        default=[],
        secret=True,
        help="The secret that callers sign their tokens (JWT, HS256) with: "
        "JWT_SECRET of the front end and of the cluster builder. Give the "
        "line again for a second one while it is changed: either is taken. "
        "Whoever knows one may call everything here. It needs 16 bytes at "
        "least, and should have 32. Without one, the dialect does not start.",
    ),
    cfg.IntOpt(
        "jwt_max_lifetime",
        deprecated_group="compat",
        default=300,
        min=1,
        help="Seconds that a token may still be good for when it arrives. "
        "One that lives longer is refused. Today's callers give theirs 60.",
    ),
    cfg.IntOpt(
        "jwt_leeway",
        deprecated_group="compat",
        default=10,
        min=0,
        help="Seconds that the clocks of callers may be off.",
    ),
]

_cloud = [
    cfg.StrOpt(
        "region",
        deprecated_group="compat",
        help="The region that is acted in. Needed if there are several.",
    ),
    cfg.ListOpt(
        "auth_urls",
        deprecated_group="compat",
        default=[],
        metavar="URL",
        help="Where callers may be logged in: the auth_url that they send "
        "must be one of these, with /v3 or without. By default it is the "
        "auth_url of the cloud. Passwords are sent there and nowhere else.",
    ),
    cfg.IntOpt(
        "token_cache_time",
        deprecated_group="compat",
        default=60,
        min=0,
        max=3600,
        help="Seconds for which a caller's log-in is remembered, in memory, "
        "so that not each request needs one. What is remembered is the token "
        "of Keystone; the password is not. 0: each request logs in.",
    ),
    cfg.StrOpt(
        "prefix",
        deprecated_group="compat",
        default="CM_",
        help="What the names of users and projects begin with that the front "
        "end has made. [view] projects tells which projects are shown.",
    ),
]

_billing = [
    cfg.FloatOpt(
        "unbilled_credits",
        deprecated_group="compat",
        min=0,
        help="What is answered for a team's credits while nothing is billed. "
        "The cluster builder needs 1 or more to launch. If this is not set, "
        "credits and orders are answered with 501.",
    ),
]

opts = [*_tokens, *_cloud, *_billing]


def register_opts(conf: cfg.ConfigOpts) -> None:
    conf.register_opts(opts, group=group.name)


def list_opts() -> Sequence[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    return [(group, opts)]
