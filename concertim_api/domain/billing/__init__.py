"""What usage costs.

A tariff says what is counted of which resource, under which unit of the bill,
at what price. ``rating.rate`` makes charge lines of periods; what no rule
prices is a line without a rule. ``amounts`` says how they are rounded.

Words: tariff, price list, price rule, condition, profile, bill unit, tier,
tax, fault, span, rater, charge line.
"""
