"""[operations]: actions of callers in the cloud."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("operations", title="Actions in the cloud")

opts = [
    cfg.FloatOpt(
        "timeout",
        default=30,
        min=0.1,
        help="Seconds that the cloud has to answer the request for an "
        "action. The caller waits as long: keep it below the time-outs of "
        "proxies and clients.",
    ),
    cfg.FloatOpt(
        "interval",
        default=1.0,
        min=0.1,
        help="Seconds between an agent's checks of operations that the cloud "
        "finishes later.",
    ),
    cfg.IntOpt(
        "confirm_timeout",
        default=3600,
        min=1,
        help="Seconds for which an agent follows an operation without an "
        "observed outcome. Then the operation counts as unsure; it is not "
        "undone. Time in which no agent runs does not count.",
    ),
    cfg.IntOpt(
        "keep_days",
        default=400,
        min=0,
        help="Days for which finished operations are kept, as the record of "
        "who did what. 0: for ever.",
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
        help="A role in a team -> the role of Keystone. If there are "
        "several, separated by /, the first one that Keystone has counts. "
        "No other role is granted or revoked. Keystone's admin controls the "
        "whole cloud: name it here only if the admin of each team may do so.",
    ),
    cfg.ListOpt(
        "team_grants",
        default=[],
        metavar="USER:ROLE",
        help="Users and their roles of Keystone in each new team, such as "
        "concertim:reader,cloudkitty:rating. The users are in the domain of "
        "domain_id. The team and these grants are made together, or not at "
        "all.",
    ),
]
