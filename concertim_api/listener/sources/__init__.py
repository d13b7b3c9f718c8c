"""The notifications of each OpenStack service: one module per service.

Each has ``ROWS``, the table of its events, and ``IGNORED``, the reasons why
other events are ignored, by event type or pattern.
"""
