"""What OpenStack is asked to do: a module for each service."""
