"""The one way of asking others over HTTP.

A *session* has limits: a deadline for the whole exchange, and a number of
decoded bytes. It verifies TLS, and sends nothing to another host because of a
redirection. A *transient* failure may pass; *patience* says how often, and
after which wait, a request is repeated. ADR 31 says why.

This package imports none of ours: every adapter may import it.
"""
