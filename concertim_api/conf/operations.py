"""[operations]: what callers have the cloud do."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg

group = cfg.OptGroup("operations", title="What callers have the cloud do")

opts = [
    cfg.FloatOpt(
        "timeout",
        default=30,
        min=0.1,
        help="Seconds that the cloud has to answer when somebody has it do "
        "something. The caller waits as long: keep it below the time-outs "
        "of proxies and clients.",
    ),
    cfg.FloatOpt(
        "interval",
        default=1.0,
        min=0.1,
        help="Seconds between two looks of an agent at the operations that "
        "the cloud finishes later.",
    ),
    cfg.IntOpt(
        "confirm_timeout",
        default=3600,
        min=1,
        help="Seconds after which an operation of which nothing was seen "
        "counts as unsure. It is not undone by that.",
    ),
    cfg.IntOpt(
        "keep_days",
        default=400,
        min=0,
        help="Days for which finished operations are kept: they are the "
        "record of who did what. 0: for ever.",
    ),
    cfg.StrOpt(
        "domain_id",
        default="default",
        help="The id of the domain of Keystone in which users and teams are "
        "created.",
    ),
    cfg.DictOpt(
        "team_roles",
        default={"admin": "manager/member", "member": "member"},
        help="What a role in a team is in Keystone. Of several, parted by "
        "/, it is the first that Keystone has. No other role is granted by "
        "us, or taken away. Keystone's own admin rules the whole cloud: "
        "name it here only if each team's admin may.",
    ),
    cfg.ListOpt(
        "team_grants",
        default=[],
        metavar="USER:ROLE",
        help="Who gets which role of Keystone in each team that is created, "
        "such as concertim:reader,cloudkitty:rating. Users are of the "
        "domain that domain_id names. Team and grants are made together, or "
        "not at all.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    conf.register_opts(opts, group=group.name)


def list_opts() -> Sequence[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    return [(group, opts)]
