"""[billing]: the orders of clusters."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("billing", title="Billing")

opts = [
    cfg.StrOpt(
        "driver",
        default="local",
        help="What bills: 'local', accounts, orders and invoices are kept "
        "here; 'none', nobody owes anything. Costs are shown in any case, as "
        "soon as a tariff is loaded.",
    ),
    cfg.IntOpt(
        "order_grace",
        default=900,
        min=0,
        max=86400,
        help="Seconds after an order during which the agent orders nothing "
        "for this team: who launches a cluster orders first, and names the "
        "stack afterwards. As long as that takes at most, a launch should. A "
        "cluster that nobody ordered has no order for as long.",
    ),
    cfg.FloatOpt(
        "orders_interval",
        default=60,
        min=1,
        help="Seconds between an agent's looks for teams without an account, "
        "and for racks without an order. A look that finds none costs the "
        "database five statements.",
    ),
    cfg.IntOpt(
        "settle_delay",
        default=3600,
        min=0,
        max=7 * 86400,
        help="Seconds from the end of a day of UTC until what it costs is "
        "settled. What is reported later, and an order that is tagged later, "
        "is a correction then.",
    ),
    cfg.FloatOpt(
        "settle_interval",
        default=60,
        min=1,
        help="Seconds between an agent's looks for accounts with a day to "
        "settle, or with news of one that was. A look that finds none costs "
        "the database seven statements.",
    ),
    cfg.IntOpt(
        "invoice_grace",
        default=2 * 86400,
        min=0,
        max=31 * 86400,
        help="Seconds from the end of a month of UTC until its invoices are "
        "made. What is reported later is a line of the next invoice.",
    ),
    cfg.FloatOpt(
        "invoices_interval",
        default=60,
        min=1,
        help="Seconds between an agent's looks for months to close. A look "
        "that finds none costs the database one statement.",
    ),
    cfg.FloatOpt(
        "post_interval",
        default=60,
        min=1,
        help="Seconds between an agent's looks for what the billing system "
        "has not been told. A look that finds nothing costs the database two "
        "statements. Without effect if nobody but us bills.",
    ),
]
