"""Signatures over reviews: what they cover, whether they hold, and what a merge requires."""
