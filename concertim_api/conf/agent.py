"""[agent]: how often the agent works, and how much it may undo at once."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg

group = cfg.OptGroup("agent", title="Periodic agent")

opts = [
    cfg.FloatOpt(
        "view_interval",
        default=0.1,
        min=0.05,
        help="Seconds between looks for what changed in the ledger and is "
        "not shown yet. This is what the view is late by; a look that finds "
        "nothing costs the database one statement.",
    ),
    cfg.FloatOpt(
        "refresh_interval",
        default=0.5,
        min=0.05,
        help="Seconds between looks for single objects that the cloud is to "
        "be asked for, because an event did not tell enough of them.",
    ),
    cfg.FloatOpt(
        "changes_interval",
        default=60,
        min=1,
        help="Seconds between questions to Nova which servers have changed "
        "since the last one. It costs one request while nothing changes, and "
        "finds what the notifications missed before the next full sync does.",
    ),
    cfg.FloatOpt(
        "sync_interval",
        default=600,
        min=10,
        help="Seconds between full syncs with each region of the cloud. "
        "Notifications keep the view fresh in between; the sync repairs what "
        "they missed. A sync that failed is tried again sooner.",
    ),
    cfg.FloatOpt(
        "max_delete_ratio",
        default=0.2,
        min=0,
        max=1,
        help="If a listing lacks a larger share of what is known of a kind, "
        "nothing of that kind is concluded to be gone, and the job says so: "
        "an empty listing is more often a fault than a fact. Confirm it with "
        "'concertim-manage sync --accept-deletes'.",
    ),
    cfg.StrOpt(
        "coordination_url",
        default="file://$state_path/locks",
        secret=True,
        help="How several agents agree which of them runs a job: a backend "
        "of tooz. With the default the agents of one machine do, by locks in "
        "a directory, which is made when it is missing. Agents on several "
        "machines need one that all reach, such as "
        "memcached://host:11211?timeout=10, redis://host:6379 or "
        "etcd3+http://host:2379.",
    ),
    cfg.StrOpt(
        "coordination_prefix",
        default="concertim",
        regex=r"^[A-Za-z0-9._-]{1,64}$",
        help="What the names of the locks begin with. All agents of one "
        "deployment have the same; another deployment that uses the same "
        "backend needs another one, or one of the two does nothing.",
    ),
    cfg.FloatOpt(
        "stop_timeout",
        default=10,
        min=0,
        max=50,
        help="Seconds that jobs have to come to a stop at SIGTERM: they end "
        "after the page or the transaction in their hands. What takes longer "
        "is cut off, and done again at the next start.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    # By name: a group that is handed over is shared between all
    # configurations of a process, values that were set included.
    conf.register_opts(opts, group=group.name)


def list_opts() -> Sequence[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    return [(group, opts)]
