"""What usage costs, and who pays.

``charges`` and ``costs`` are rated when they are asked for. ``accounts`` and
``orders`` are what callers see and do, and a job: each team gets an account,
each rack an order. ``ports`` is what they need of the database, which
decides when two of them race.

Words: account, order, tag, grace, charge, cost, total, rated usage.
"""
