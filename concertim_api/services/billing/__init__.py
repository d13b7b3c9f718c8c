"""What usage costs: charges and costs.

Words: charge, cost, total.
"""
