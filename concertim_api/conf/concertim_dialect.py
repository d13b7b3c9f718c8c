"""[concertim_dialect]: the dialect of Concertim's front end of today."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("concertim_dialect", title="The legacy dialect")

_tokens = [
    cfg.MultiStrOpt(
        "jwt_secrets",
        deprecated_group="compat",
        default=[],
        secret=True,
        help="The secret by which callers sign their tokens (JWT, HS256): "
        "JWT_SECRET of the front end and of the cluster builder. Repeat the "
        "line with a second secret while you change it: either is accepted. "
        "A caller who knows a secret may call everything here. A secret "
        "needs 16 bytes at least, and should have 32. Without one, the "
        "dialect does not start.",
    ),
    cfg.IntOpt(
        "jwt_max_lifetime",
        deprecated_group="compat",
        default=300,
        min=1,
        help="Seconds for which a token may still be valid when it arrives. "
        "A token that is valid for longer is refused. Today's callers use "
        "60.",
    ),
    cfg.IntOpt(
        "jwt_leeway",
        deprecated_group="compat",
        default=10,
        min=0,
        help="Seconds by which the clocks of callers may differ.",
    ),
]

_cloud = [
    cfg.StrOpt(
        "region",
        deprecated_group="compat",
        help="The region of all actions. Needed if there are several regions.",
    ),
    cfg.ListOpt(
        "auth_urls",
        deprecated_group="compat",
        default=[],
        metavar="URL",
        help="The URLs of Keystone at which callers may be logged in: the "
        "auth_url that they send must be one of these, with /v3 or without. "
        "By default it is the auth_url of the cloud. Passwords are sent "
        "there and nowhere else.",
    ),
    cfg.IntOpt(
        "token_cache_time",
        deprecated_group="compat",
        default=60,
        min=0,
        max=3600,
        help="Seconds for which a caller's log-in is kept in memory, so that "
        "not each request needs one: the token of Keystone, not the "
        "password. The log-ins of a user who is changed through this "
        "service are dropped at once. 0: each request logs in.",
    ),
    cfg.StrOpt(
        "prefix",
        deprecated_group="compat",
        default="CM_",
        help="The beginning of the names of users and projects that the "
        "front end creates. [view] projects names the projects that are "
        "shown.",
    ),
]

_billing = [
    cfg.FloatOpt(
        "unbilled_credits",
        deprecated_group="compat",
        min=0,
        help="The credits of each team with [billing] driver = none; without "
        "effect otherwise. The cluster builder needs 1 or more to launch. If "
        "this is not set, requests for credits and orders are answered with "
        "501.",
    ),
    cfg.FloatOpt(
        "credit_threshold",
        default=25,
        min=0,
        help="The credits that an account needs for an order: with fewer, "
        "an order is refused with 402. Give the app the same number "
        "(CLUSTER_CREDIT_REQUIREMENT). Without effect with [billing] driver "
        "= none.",
    ),
]

opts = [*_tokens, *_cloud, *_billing]
