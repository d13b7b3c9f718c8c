"""Clouds of OpenStack, by their APIs.

A *service* is one of a region, such as compute: one module has what is read
of it, and the orders to it. Its answers have *meanings*: for who reads, and
for who orders something. A *collection* is what it lists, page by page.
"""

from concertim_api.clouds.openstack.driver import clouds

__all__ = ["clouds"]
