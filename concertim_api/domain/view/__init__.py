"""How the facts of a cloud become racks and devices.

``project`` makes them, ``model`` says what they are; the other modules
answer one question each: a name, a slot, a status, whether it is ours.
"""
