"""Front ends: what shows our racks to people."""
