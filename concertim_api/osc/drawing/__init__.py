"""A rack and its devices as a drawing in text, for a terminal.

``rack`` draws the lines, on a ``paper`` with the size and the signs of the
terminal; ``columns`` says how wide each column of a device is.

Words: drawing, paper, sign, column, rack, device.
"""
