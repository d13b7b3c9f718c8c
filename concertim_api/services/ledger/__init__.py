"""The ledger: what was observed in a cloud, and what follows from it.

``recorder`` alone writes observed state; events, syncs and corrections all
go through it. The other modules read: one per noun of the API.

Words: ledger, recorder, transaction, refold, refolder, sync, refresh, report,
correction, dictionary, feed, change, cursor, usage, total, window, dead
letter, archive, archiver, keeper, erasure.
"""
