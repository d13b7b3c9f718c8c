"""What every process of ours does to Python."""

import gc

from concertim_api import bootstrap


def test_the_collector_looks_seldom_and_only_at_what_is_new():
    thresholds = gc.get_threshold()
    try:
        # As Python starts: a test before this one may have built the API,
        # and so have spared the collector of this process already.
        gc.set_threshold(700, 10, 10)
        bootstrap.spare_collector()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold() > (7_000, 10, 10)
        assert gc.isenabled()  # a cycle is found all the same
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
