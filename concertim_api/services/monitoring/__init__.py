"""Whether the service can answer, and how much is still to be done.

Words: health, check, service status, service part, heartbeat, backlog.
"""
