"""Named keys: programs without a user in Keystone log in by them. And our
own login to Keystone, and the cache of its tokens.

Words: key, key ring, service login, token cache.
"""
