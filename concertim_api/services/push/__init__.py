"""The push makes a front end show what the view shows.

``pusher`` reads the bindings that are due, ``batch`` compares the desired
fields with the actual ones, and ``execution`` makes the requests.
``frontend`` is the port of the driver.

Words: push, pusher, binding, key, stray, batch, item, desired, actual,
execution, reference, index, guard, survey, front end, object.
"""
