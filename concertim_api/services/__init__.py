"""Use cases: one folder for each capability, with the ports that it needs.

A use case owns its transactions. It sees adapters by its ports only.

Words: port.
"""
