"""What callers have the cloud do: services, database and a simulated cloud."""
