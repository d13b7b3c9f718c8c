"""How we are: whether we can answer, and how much is still to be done."""
