"""The commands of `heddle` that ask the daemon, one module each."""
