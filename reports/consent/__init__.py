"""What the person allowed, what overrides it, and the words they were shown."""
