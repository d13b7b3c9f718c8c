"""What the push keeps in SQL: bindings of our ids to the front end's.

``bindings`` is what the push reads and writes of them, ``marks`` what the
projector writes.

Words: push, binding, survey.
"""
