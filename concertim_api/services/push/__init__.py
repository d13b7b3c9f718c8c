"""The push: a front end is made to show what the view shows.

``pusher`` takes what is due, ``batch`` compares it with what is there and
``execution`` does it, in turns. ``frontend`` is the port of the driver.
"""
