"""heddle's clients: what git's hooks and the people at the command line ask the daemon for."""
