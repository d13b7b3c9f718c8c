"""Accounts: users, teams and roles, as callers have Keystone change them.

A team is a project of ours. ``lookup`` finds users and teams, ``remains``
says what is left in a team, ``purges`` deletes that before the team, one
``purge_step`` after the other.

Words: identity resource, lookup, team, role, grant, team creation, purge,
purger, purge step, remains.
"""
