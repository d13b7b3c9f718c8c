"""What each OpenStack service says: one module per service.

Each has ``ROWS``, the table of its events, and ``IGNORED``, the events that
tell us nothing, with the reason.
"""
