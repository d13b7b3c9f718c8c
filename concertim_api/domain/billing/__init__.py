"""How usage becomes money.

A tariff says what is counted, under which unit of the bill, at what price.
``rating`` makes charge lines of periods; ``amounts`` says how they are
rounded. An account pays, an order is what a cluster is billed by.

Words: tariff, price list, price rule, condition, profile, bill unit, tier,
tax, fault, span, rater, charge line, account, order, tag, grace, order day,
daily record, month, draft, invoice, invoice item, invoice sum, credit.
"""
