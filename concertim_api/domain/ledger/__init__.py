"""How observations become periods.

The periods of a resource are a pure function of the set of its observations:
``history`` is that function. Their order and repetitions do not matter.

Words: resource, ref, kind, shape, details, usage, observation, receipt,
order of an observation, period, life, step, fold, stage, history, sighting,
correction, measure, archive, region rule, origin.
"""
