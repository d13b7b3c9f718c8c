"""[listener]: the sources of notifications, and how they are received."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("listener", title="Notification listener")

opts = [
    cfg.StrOpt(
        "region",
        default="RegionOne",
        help="The region of notifications that arrive by [DEFAULT] "
        "transport_url, or are replayed. Resources keep the region of their "
        "first notification. With region_rules, it is the name of that "
        "transport.",
    ),
    cfg.MultiStrOpt(
        "transport",
        default=[],
        secret=True,
        metavar="REGION=URL",
        help="A region and the transport URL of its message bus, such as "
        "'north=rabbit://user:password@host:5672/'. Give it once for each "
        "region; then [DEFAULT] transport_url and region are not used. With "
        "region_rules, REGION is only the name of the transport.",
    ),
    cfg.MultiStrOpt(
        "region_rules",
        default=[],
        metavar="RULE",
        help="How the region of a message is decided, where one transport "
        "has several regions: one rule each time, and the first that matches "
        "decides. Without rules it is the region of the transport. A rule "
        "begins with what it looks at: 'transport' (its name), 'topic' (of "
        "Kafka), 'vhost' (what follows the priority in the topic, else that "
        "of the transport URL), 'header NAME' (of Kafka), 'publisher' (the "
        "host in publisher_id) or 'field PATH' (of the payload, as "
        "'a.b.0.c'). Then comes 'TEXT -> REGION', or a regular expression "
        "for the whole text with a group (?P<region>...), or nothing: the "
        "text is the region. An example: 'topic "
        "ironic-(?P<region>[a-z0-9]+)[.].*'. The last rule must be 'default "
        "REGION' or 'refuse', which makes a message a dead letter. Write $ "
        "as $$. The API needs the same rules, to replay dead letters.",
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
        "control_exchange). Missing ones are declared. By default Cinder "
        "publishes on 'openstack'. Kafka has no exchanges.",
    ),
    cfg.ListOpt(
        "topics",
        default=[
            "notifications",
            "versioned_notifications",
            "ironic_versioned_notifications",
        ],
        help="The topics that the services publish to. One of Nova's two "
        "formats is enough; both together do no harm. An entry that begins "
        "with ^ is a regular expression of whole names of Kafka's topics, "
        "priority included; other brokers are not asked for it.",
    ),
    cfg.StrOpt(
        "pool",
        default="concertim",
        help="The name of the queue of this service; with Kafka, of its "
        "consumer group. Every consumer with a pool of its own gets all "
        "notifications; consumers that share one compete for them. Never use "
        "the name of another service's pool.",
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
        "fill: the delay of the view on a quiet cloud.",
    ),
    cfg.IntOpt(
        "workers",
        default=1,
        min=1,
        max=64,
        help="Processes that receive notifications. One stores thousands a "
        "second; more help only with a large backlog.",
    ),
    cfg.FloatOpt(
        "outage_wait",
        default=1.0,
        min=0.1,
        help="Seconds between two attempts to reach the database while it is "
        "away. Notifications are received again as soon as it answers.",
    ),
    cfg.FloatOpt(
        "outage_wait_max",
        default=120.0,
        min=0.1,
        help="Seconds for which notifications wait at most while the "
        "database is away. Then they go back to the broker, which delivers "
        "them again, here or to another listener. A larger value is better "
        "for a quorum queue, which drops a message after some deliveries "
        "(RabbitMQ 4: 20). It must be less than RabbitMQ's consumer_timeout "
        "(30 minutes).",
    ),
    cfg.DictOpt(
        "kafka_properties",
        default={},
        secret=True,
        help="More properties of librdkafka for the consumer of Kafka, such "
        "as 'fetch.wait.max.ms:100,client.rack:b'. They replace what "
        "[oslo_messaging_kafka] says. Those that keep notifications from "
        "being lost can't be replaced.",
    ),
    cfg.BoolOpt(
        "oslo_kafka_driver",
        default=False,
        help="Read kafka:// with the driver of oslo.messaging instead of the "
        "listener's own consumer. It commits offsets before anything is "
        "stored: whatever has been fetched is lost when the listener ends, by "
        "a failure or by a stop; so is a message at each start, what was sent "
        "before a group is new, and all that is beside a message that is no "
        "JSON. While the database is away it takes memory without limit.",
    ),
    cfg.StrOpt(
        "events_file",
        help="A YAML file with your own kinds and events, beside the "
        "built-in ones. See 'Events of your own' in the documentation.",
    ),
]
