"""The dialect that Concertim's front end and cluster builder speak today.

Thin translations onto the same services as the API's: nothing is decided
here but who is calling, and what a field means.
"""
