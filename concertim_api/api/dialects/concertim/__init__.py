"""The dialect that Concertim's front end and cluster builder speak today.

Routes call the same services as those of the API. Only two things are decided
here: who calls (``callers``), and what a field means (``documents``).
"""
