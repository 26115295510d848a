"""The child process: what a daemon serves."""
