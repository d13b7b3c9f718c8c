"""Drivers of billing systems. ``base`` says what a driver is."""
