"""[agent]: the intervals of its jobs, and their bounds."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("agent", title="Periodic agent")

opts = [
    cfg.FloatOpt(
        "view_interval",
        default=0.1,
        min=0.05,
        help="Seconds between updates of the view from the ledger: the delay "
        "of the view. An update without changes costs the database one "
        "statement.",
    ),
    cfg.FloatOpt(
        "refresh_interval",
        default=0.5,
        min=0.05,
        help="Seconds between refreshes: requests for single resources, "
        "because an event lacked something.",
    ),
    cfg.FloatOpt(
        "refold_interval",
        default=1,
        min=0.05,
        help="Seconds between looks for resources with late observations "
        "that change more periods than one transaction may.",
    ),
    cfg.FloatOpt(
        "changes_interval",
        default=60,
        min=1,
        help="Seconds between requests to Nova for the servers that changed "
        "since the last request. These find what the notifications missed, "
        "sooner than the next full sync.",
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
        help="If a listing lacks a larger share of the known objects of a "
        "kind, none of that kind counts as gone, and the job says so: such a "
        "listing is more often a fault than a fact. Confirm it with "
        "'concertim-manage sync --accept-deletes'.",
    ),
    cfg.StrOpt(
        "coordination_url",
        default="file://$state_path/locks",
        secret=True,
        help="The backend of tooz that has the locks of several agents: the "
        "one with the lock runs a job. The default is for agents on one "
        "machine: locks in a directory, which is made when it is missing. "
        "Agents on several machines need a backend that all reach, such as "
        "memcached://host:11211?timeout=10, redis://host:6379 or "
        "etcd3+http://host:2379.",
    ),
    cfg.StrOpt(
        "coordination_prefix",
        default="concertim",
        regex=r"^[A-Za-z0-9._-]{1,64}$",
        help="The beginning of the names of locks. All agents of one "
        "deployment need the same one. Another deployment with the same "
        "backend needs another prefix; else one of the two does nothing.",
    ),
    cfg.FloatOpt(
        "stop_timeout",
        default=10,
        min=0,
        max=50,
        help="Seconds that jobs have to stop at SIGTERM: they end after the "
        "current page or transaction. A job that takes longer is cut off, and "
        "runs again at the next start.",
    ),
]
