"""Signed reviews: what is signed, whether it verifies, and what it says about a later state."""
