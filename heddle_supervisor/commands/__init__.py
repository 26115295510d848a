"""The commands of `heddle agent`, one module each, and what they share."""
