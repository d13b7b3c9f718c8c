"""The ledger in SQL: observations, periods, resources and what changed.

``transaction`` records; the other modules are queries, one per noun.
"""
