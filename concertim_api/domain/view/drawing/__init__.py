"""A rack and its devices as a picture in SVG.

``rack`` draws the page, ``device`` the card of each device; ``svg`` has the
elements, the signs and the icons.

Words: drawing, rack, device, slot, card, sign, icon.
"""
