"""[frontend]: the front end that shows the racks, and pushes to it."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("frontend", title="The front end that shows the racks")

_driver = [
    cfg.StrOpt(
        "driver",
        default="none",
        help="The kind of front end: 'concertim', the visualisation app, or "
        "'none': only our own API shows the view.",
    ),
    cfg.StrOpt(
        "url",
        metavar="URL",
        help="The URL of the app, such as https://concertim.example.org. "
        "Pushes go to /api/v1 below it.",
    ),
    cfg.StrOpt(
        "username",
        help="The user of the app that pushes. It must be a root user: only "
        "root users may write for every team.",
    ),
    cfg.StrOpt(
        "password",
        secret=True,
        help="The password of that user. It is sent only to url, in the body "
        "of the login.",
    ),
    cfg.StrOpt(
        "cafile",
        metavar="FILE",
        help="The certificates (PEM) one of which must have signed that of "
        "the app. By default, those that the system trusts. The app's "
        "certificate is always checked.",
    ),
    cfg.StrOpt(
        "order_ids",
        default="billing",
        choices=[
            ("billing", "a rack waits until the billing system gives it one"),
            ("stack", "the id of its stack is used instead"),
        ],
        help="The order id of a rack that has no order; the app needs one. "
        "Choose 'stack' without a billing system, or the racks never appear "
        "in the app.",
    ),
]

_requests = [
    cfg.FloatOpt(
        "timeout",
        default=30,
        min=0.1,
        help="Seconds that the app has for its whole answer, the longest "
        "list too. If it takes longer, it counts as away.",
    ),
    cfg.IntOpt(
        "max_answer_mb",
        default=32,
        min=1,
        max=1024,
        help="Mebibytes that an answer may have, unpacked. The app answers "
        "with all devices at once, about a kibibyte for each. A longer "
        "answer is not read to its end, and nothing is pushed until this is "
        "raised.",
    ),
    cfg.IntOpt(
        "retries",
        default=2,
        min=0,
        max=20,
        help="How often a request is repeated at once after no answer, or a "
        "temporary error (429, 500, 502, 503, 504). A creation is repeated "
        "only if it can't have arrived. A push that fails all the same is "
        "repeated later.",
    ),
    cfg.FloatOpt(
        "retry_wait",
        default=0.5,
        min=0,
        help="Seconds before the first repetition, at most. The wait doubles "
        "with each, up to retry_wait_max.",
    ),
    cfg.FloatOpt(
        "retry_wait_max",
        default=5,
        min=0,
        help="The longest of these waits, in seconds.",
    ),
    cfg.IntOpt(
        "concurrency",
        default=4,
        min=1,
        max=64,
        help="Requests that are sent at the same time. Each takes a worker "
        "of the app. An object waits for those that it depends on.",
    ),
    cfg.FloatOpt(
        "push_interval",
        default=0.2,
        min=0.05,
        help="Seconds between pushes, where the agent that pushes is not the "
        "one that updated the view. A push without changes costs the database "
        "one statement, and the app nothing.",
    ),
    cfg.FloatOpt(
        "survey_interval",
        default=3600,
        min=10,
        help="Seconds between surveys. A survey lists all that the app has "
        "(4 requests), and repairs what was changed or lost there. An agent "
        "makes one at its start, too.",
    ),
    cfg.FloatOpt(
        "max_delete_ratio",
        default=0.2,
        min=0,
        max=1,
        help="A push deletes no larger share of the app's objects of a kind, "
        "unless the cloud has reported them as gone: a rule of [view] may be "
        "wrong, or the database new. Confirm it with "
        "'openstack concertim push run --accept-deletes'.",
    ),
]

opts = [*_driver, *_requests]
