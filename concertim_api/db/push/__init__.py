"""What the push keeps in SQL: bindings of our ids to the front end's.

Words: push, binding, survey.
"""
