"""What is counted: the declared metrics, the files they go into, their days."""
