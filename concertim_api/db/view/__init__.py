"""The view in SQL: its objects, what they are made of, and their slots.

``work`` is for the projector, ``queries`` for those who read.
"""
