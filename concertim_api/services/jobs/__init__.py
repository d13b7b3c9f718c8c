"""Jobs: what the agent does again and again, and what came of it."""
