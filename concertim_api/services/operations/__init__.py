"""Operations: what callers have the cloud do, and what comes of it.

``operations`` is the way into a cloud; each noun has a module with its
actions. ``outcomes`` finds verdicts, ``announcements`` tells others.

Words: operation, action, intent, answer, target, evidence, verdict, outcome,
announcement, log, keypair, quota, limit, statistics.
"""
