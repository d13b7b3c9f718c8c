"""What every capability uses: filters, pages, scopes, the clock.

Nothing here knows a noun of a capability.

Words: filter, listing, page, row, scope, clock, database, offer.
"""
