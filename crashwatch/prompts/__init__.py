"""Ask the person, or do not."""
