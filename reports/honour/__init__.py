"""The operator's side: find requests for deletion on a server, and carry them out."""
