"""Discussions about symbols, and where each of them stands in any state."""
