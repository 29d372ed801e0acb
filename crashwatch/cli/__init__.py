"""The command line: the one place where the parts are wired together."""
