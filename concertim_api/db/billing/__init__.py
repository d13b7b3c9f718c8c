"""What billing keeps in SQL: accounts and orders; and the usage to rate.

Words: account, order.
"""
