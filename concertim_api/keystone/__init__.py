"""Our own place in Keystone: a user, its roles, a service, its endpoints.

``plan`` makes steps of the desired and the actual state, without a Keystone.
``directory`` reads the actual state, and takes the steps. ``commands`` writes
them down for an operator. ``login`` and ``section`` are the configuration.
``token_cache`` is where the API keeps what Keystone said.
"""
