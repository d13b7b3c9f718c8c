"""The agent: what happens again and again, beside the listener."""
