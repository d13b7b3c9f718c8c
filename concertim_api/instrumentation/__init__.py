"""What the processes tell of themselves, for Prometheus.

The only place that knows prometheus_client. The API, the listener and the
agent have a port each, called meter; ``bootstrap`` puts these in.
"""
