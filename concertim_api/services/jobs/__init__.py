"""Jobs: what the agent does again and again, and what came of it.

A use case offers its jobs by a function; ``job`` says how.

Words: job, call, outcome, job status, silence.
"""
