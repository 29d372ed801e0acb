"""The way out of the machine: gate, transport, wire, and one pass over the queue."""
