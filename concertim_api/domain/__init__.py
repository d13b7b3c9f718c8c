"""The rules, pure: standard library only.

``reconcile`` compares and orders, ``operations`` judges, ``team_roles`` maps
roles, ``attributes`` reads what a resource is like. ``ledger`` and ``view``
have packages of their own.

Words: size, desired, actual, claim, move, turn, operation, course, evidence,
verdict, grant, role.
"""
