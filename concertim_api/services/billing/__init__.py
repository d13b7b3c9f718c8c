"""What usage costs, and who pays.

``tariffs`` loads and shows prices; ``charges`` and ``costs`` are rated by
them. Jobs give each team an account and each rack an order, settle their days
and close their months.

Words: tariff, price rule, tier, discount, tax, account, order, tag, grace,
charge, cost, rated usage, settlement, settler, claim, month close, invoice,
balance, credit.
"""
