"""The view: racks, devices, templates, teams and users, as they are shown.

``projector`` keeps it like the ledger, a rack at a time; ``lists`` and the
nouns read it, now or as it was at a moment of the past.

Words: view, projector, projection, row, content, rack, part, member, root
stack, sibling, past, event, stale, freshness.
"""
