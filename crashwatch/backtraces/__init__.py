"""Python stacks of another process, from whichever tool saw them."""
