"""Named keys: programs without a user in Keystone log in by them.

Words: key, key ring.
"""
