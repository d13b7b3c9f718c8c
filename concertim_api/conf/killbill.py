"""[killbill]: the Kill Bill that bills teams."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("killbill", title="Kill Bill, where it bills")

opts = [
    cfg.StrOpt(
        "url",
        metavar="URL",
        help="The URL of Kill Bill, such as https://killbill.example.org. "
        "Requests go to /1.0/kb below it.",
    ),
    cfg.StrOpt(
        "username",
        help="A user of Kill Bill that may do all of accounts, orders, usage "
        "and invoices.",
    ),
    cfg.StrOpt(
        "password",
        secret=True,
        help="The password of that user. It is sent with each request.",
    ),
    cfg.StrOpt("api_key", secret=True, help="The key of the tenant."),
    cfg.StrOpt(
        "api_secret",
        secret=True,
        help="The secret of the tenant. Kill Bill hashes it at each request, "
        "which takes most of the request's time.",
    ),
    cfg.StrOpt(
        "plan",
        default="concertim-monthly",
        help="The plan of orders. Its units must be those of our bill, each "
        "at 1.00; concertim-manage billing catalog prints such a catalogue.",
    ),
    cfg.StrOpt(
        "currency",
        help="The currency of accounts: that of the tariffs (ISO 4217).",
    ),
    cfg.StrOpt(
        "cafile",
        metavar="FILE",
        help="The certificates (PEM) one of which must have signed that of "
        "Kill Bill. By default, those that the system trusts. Its "
        "certificate is always checked.",
    ),
    cfg.FloatOpt(
        "timeout",
        default=60,
        min=0.1,
        max=90,
        help="Seconds that Kill Bill has for a whole answer. If it takes "
        "longer, it counts as away.",
    ),
    cfg.IntOpt(
        "max_answer_mb",
        default=32,
        min=1,
        max=1024,
        help="Mebibytes that an answer may have, unpacked. The longest one "
        "has all invoices of an account.",
    ),
]
