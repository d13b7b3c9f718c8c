"""[listener]: where notifications come from, and how they are taken."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg

group = cfg.OptGroup("listener", title="Notification listener")

opts = [
    cfg.StrOpt(
        "region",
        default="RegionOne",
        help="The name of the region whose notifications arrive by "
        "[DEFAULT] transport_url, and of those that are replayed. Resources "
        "keep the region they were first seen in.",
    ),
    cfg.MultiStrOpt(
        "transport",
        default=[],
        secret=True,
        metavar="REGION=URL",
        help="A region and the transport URL of its message bus, such as "
        "'north=rabbit://user:password@host:5672/'. Give it once for each "
        "region; then [DEFAULT] transport_url and region are not used.",
    ),
    cfg.ListOpt(
        "exchanges",
        default=[
            "nova",
            "openstack",
            "cinder",
            "neutron",
            "heat",
            "glance",
            "keystone",
            "ironic",
        ],
        help="The exchanges that the services of the cloud publish on (their "
        "control_exchange). Those that do not exist yet are declared. Cinder "
        "publishes on 'openstack' unless told otherwise.",
    ),
    cfg.ListOpt(
        "topics",
        default=[
            "notifications",
            "versioned_notifications",
            "ironic_versioned_notifications",
        ],
        help="The topics that the services publish to. Of Nova's two formats "
        "either is enough; both together do no harm.",
    ),
    cfg.StrOpt(
        "pool",
        default="concertim",
        help="The name of our own queue. Every consumer with a pool of its "
        "own gets all notifications; consumers that share one compete for "
        "them. Never use the name of another service's pool.",
    ),
    cfg.IntOpt(
        "batch_size",
        default=500,
        min=1,
        max=5000,
        help="How many notifications are stored in one transaction at most. "
        "Larger batches are faster in a backlog and take more memory.",
    ),
    cfg.FloatOpt(
        "batch_timeout",
        default=0.2,
        min=0.01,
        max=10,
        help="Seconds that a notification waits at most for its batch to "
        "fill. This is what the view is late by on a quiet cloud.",
    ),
    cfg.IntOpt(
        "workers",
        default=1,
        min=1,
        max=64,
        help="Processes that take notifications. One stores thousands a "
        "second; more are of use only in a large backlog.",
    ),
    cfg.FloatOpt(
        "outage_wait",
        default=1.0,
        min=0.1,
        help="Seconds between two questions to the database whether it is "
        "back, while it is away. Notifications are taken as soon as it "
        "answers.",
    ),
    cfg.FloatOpt(
        "outage_wait_max",
        default=120.0,
        min=0.1,
        help="Seconds for which notifications are held back meanwhile at "
        "most. Then they go back to the broker, and come again, here or to "
        "another listener. More is better for a quorum queue, which throws "
        "away what has come too often (RabbitMQ 4: 20 times); it has to be "
        "less than RabbitMQ's consumer_timeout (30 minutes).",
    ),
    cfg.StrOpt(
        "events_file",
        help="A YAML file with kinds and events of your own, beside those "
        "that are built in. See 'Events of your own' in the documentation.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    # By name: a group that is handed over is shared between all
    # configurations of a process, values that were set included.
    conf.register_opts(opts, group=group.name)


def list_opts() -> Sequence[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    return [(group, opts)]
