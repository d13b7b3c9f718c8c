"""Named keys: programs without a user in Keystone log in by them."""
