"""Clouds of OpenStack, asked through openstacksdk."""

from concertim_api.clouds.openstack.driver import clouds

__all__ = ["clouds"]
