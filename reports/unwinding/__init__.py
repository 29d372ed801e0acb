"""Native stacks of a picture: call frame information, names of functions, guesses."""
