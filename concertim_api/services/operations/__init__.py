"""What callers have the cloud do, one module per noun."""
