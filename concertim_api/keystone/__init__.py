"""Our own place in Keystone: a user, its roles, a service, its endpoints.

``plan`` decides what is to be done, and knows no Keystone. ``directory``
reads what there is, and does it.
"""
