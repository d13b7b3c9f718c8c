"""How the facts of a cloud become racks and devices.

``project`` makes a rack of a stack, and ``model`` has the results. The other
modules have one rule each: of a name, a slot, a status, or a project.

Words: fact, context, record, rule, rack, device, type, template, team, user,
slot, occupant, style.
"""
