"""The agent: the process that runs jobs again and again."""
