"""What the runs of jobs came to."""


def counts(outcome):
    """Return what a run did, without what it did not do."""
    return {name: count for name, count in outcome.summary.items() if count}
