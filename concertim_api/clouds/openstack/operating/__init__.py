"""Orders to OpenStack: one module for each service."""
