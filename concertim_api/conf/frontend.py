"""[frontend]: what shows the racks to people, and how it is kept current."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg

group = cfg.OptGroup("frontend", title="The front end that shows the racks")

_which = [
    cfg.StrOpt(
        "driver",
        default="none",
        help="What kind of front end it is: 'concertim', the visualisation "
        "app, or 'none': the view is shown by our own API only.",
    ),
    cfg.StrOpt(
        "url",
        metavar="URL",
        help="Where the app is, such as https://concertim.example.org. "
        "What is pushed goes to /api/v1 below it.",
    ),
    cfg.StrOpt(
        "username",
        help="Who we log in to the app as. It must be one of its root users: "
        "only they may write for every team.",
    ),
    cfg.StrOpt(
        "password",
        secret=True,
        help="The password of that user. It goes to url alone, in the body "
        "of the login.",
    ),
    cfg.StrOpt(
        "cafile",
        metavar="FILE",
        help="The certificates that the app's own must be signed by (PEM). "
        "Without it, those that the system trusts. It is always checked.",
    ),
    cfg.StrOpt(
        "order_ids",
        default="billing",
        choices=[
            ("billing", "a rack waits until the billing system gives it one"),
            ("stack", "the id of its stack takes the place of one"),
        ],
        help="What a rack without an order gets for the order id that the "
        "app demands. Choose 'stack' where nothing is billed, or the racks "
        "never appear there.",
    ),
]

_how = [
    cfg.FloatOpt(
        "timeout",
        default=30,
        min=0.1,
        help="Seconds that the app has for its whole answer, the longest "
        "list too. If it takes longer, it counts as away.",
    ),
    cfg.IntOpt(
        "retries",
        default=2,
        min=0,
        max=20,
        help="How often a request is repeated at once that got no answer, or "
        "one that may pass (429, 500, 502, 503, 504). A creation is only if "
        "it can't have arrived. What fails all the same is pushed again "
        "later.",
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
        help="How many requests are sent at the same time. Each takes a "
        "worker of the app; things that depend on each other wait for each "
        "other all the same.",
    ),
    cfg.FloatOpt(
        "push_interval",
        default=0.2,
        min=0.05,
        help="Seconds between looks for what changed in the view and is not "
        "pushed yet, where the agent that pushes is not the one that made "
        "the change. A look that finds nothing costs the database one "
        "statement, and the app nothing.",
    ),
    cfg.FloatOpt(
        "survey_interval",
        default=3600,
        min=10,
        help="Seconds between surveys: the app is asked for all that it has "
        "(4 requests), and what was changed or lost there is put right. "
        "There is one at the start of an agent, too.",
    ),
    cfg.FloatOpt(
        "max_delete_ratio",
        default=0.2,
        min=0,
        max=1,
        help="No larger share of what the app holds of a kind is deleted "
        "there at once, unless the cloud itself has reported it as gone: a "
        "rule of [view] may be wrong, or the database new. Confirm it with "
        "'openstack concertim push run --accept-deletes'.",
    ),
]

opts = [*_which, *_how]


def register_opts(conf: cfg.ConfigOpts) -> None:
    # By name: a group that is handed over is shared between all
    # configurations of a process, values that were set included.
    conf.register_opts(opts, group=group.name)


def list_opts() -> Sequence[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    return [(group, opts)]
