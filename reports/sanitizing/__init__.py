"""The rules by which ``reports.sanitize`` makes a picture safe, one matter each."""
