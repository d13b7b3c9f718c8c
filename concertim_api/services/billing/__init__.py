"""What usage costs, and who pays.

``charges`` and ``costs`` are rated when they are asked for. ``accounts`` and
``orders`` are what callers see and do, and a job: each team gets an account,
each rack an order.

Words: account, order, tag, grace, charge, cost, rated usage.
"""
