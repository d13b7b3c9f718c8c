"""What the processes measure of themselves, for Prometheus.

Nothing else imports prometheus_client. The API, the listener and the agent
each have a port called meter; ``bootstrap`` gives it to them.
"""
