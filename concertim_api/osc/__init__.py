"""The commands of ``openstack concertim``, for people and for scripts.

A module has the commands of one noun. A command declares its arguments, its
columns and its request; ``commands`` does the rest.

Words: command, option, column, cell, client.
"""
