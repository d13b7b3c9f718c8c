"""Clouds: what their APIs list, as sightings."""
