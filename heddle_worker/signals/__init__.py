"""Signals: what in a change deserves a reviewer's attention; each module in a file of its own."""
