"""How observations become periods.

A resource's periods are a pure function of the set of its observations:
``history`` is that function, in any order and with any repetition.
"""
