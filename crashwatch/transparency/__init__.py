"""A local page that shows what is kept, what was sent, and lets the person decide."""
