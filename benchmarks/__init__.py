"""Measurements of heddle beside the floor that the machine itself sets, taken in one run."""
