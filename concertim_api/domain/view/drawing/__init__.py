"""A rack and its devices as a picture in SVG.

``rack`` draws the page, ``device`` the card of each device; ``units`` says
where each unit is drawn; ``svg`` has the elements, the signs and the icons,
and ``colours`` what they look like in the light and in the dark.

Words: drawing, rack, device, row, slot, card, caption, cost, sign,
icon.
"""
