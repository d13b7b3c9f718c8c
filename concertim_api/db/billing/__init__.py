"""What billing keeps in SQL: tariffs, accounts, orders, daily records,
invoices and credits; and the usage to rate.

Words: tariff, account, order, daily record, invoice, credit, balance.
"""
