"""What usage costs, and who pays.

``tariffs`` loads and shows prices; ``charges`` and ``costs`` are rated by
them when they are asked for. ``accounts`` and ``orders`` are what callers see
and do, and a job: each team gets an account, each rack an order.

Words: tariff, price rule, tier, discount, tax, account, order, tag, grace,
charge, cost, rated usage, settlement, settler, claim.
"""
