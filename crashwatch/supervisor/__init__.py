"""The process that outlives the crash: starts the terminal, watches, captures.

It never asks and never sends; it hands what it found to whoever called it.
"""
