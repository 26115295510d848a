"""What is about the daemon itself, by version."""
