"""Users, teams and their roles, as callers have Keystone change them.

A team is a project that we made, with its roles; what remains in it is
purged before it goes.
"""
