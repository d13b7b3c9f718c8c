"""What the cloud in memory can be made to do: a module for each service."""
