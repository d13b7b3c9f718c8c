"""How usage becomes money.

A tariff says what is counted of which resource, under which unit of the bill,
at what price. ``rating`` makes charge lines of periods, and what no rule
prices is a line without a rule. ``amounts`` says how they are rounded. An
account pays, and an order is what each cluster is billed by.

Words: tariff, price list, price rule, condition, profile, bill unit, tier,
tax, fault, span, rater, charge line, account, order, tag, grace.
"""
