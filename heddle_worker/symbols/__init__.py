"""Symbols of source files: what a file defines, read from its parse tree."""
