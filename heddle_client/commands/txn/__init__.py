"""The commands of `heddle txn`."""
