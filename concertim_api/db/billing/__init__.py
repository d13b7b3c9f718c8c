"""What billing keeps in SQL: tariffs, accounts and orders; and the usage
to rate.

Words: tariff, account, order.
"""
