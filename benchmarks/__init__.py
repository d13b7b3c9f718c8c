"""Figures that anyone can measure again: ``python -m benchmarks``.

Machines are noisy, so each figure is a ratio against a ceiling or a peer of
the same run.
"""
