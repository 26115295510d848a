"""What goes with a report of a fault: much about heddle, nothing about the repository."""
