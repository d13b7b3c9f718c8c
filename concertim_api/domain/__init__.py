"""The rules, pure: standard library only.

``reconcile`` compares and orders, ``operations`` judges, ``team_roles`` maps
roles. ``ledger`` and ``view`` have packages of their own.

Words: desired, actual, claim, move, turn, operation, course, evidence,
verdict, grant, role.
"""
