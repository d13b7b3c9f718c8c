"""Named keys: programs without a user in Keystone log in by them. And our
own login to Keystone.

Words: key, key ring, service login.
"""
