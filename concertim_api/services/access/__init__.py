"""Who may ask us: named keys of programs without a user in Keystone."""
