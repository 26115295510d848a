"""The git repository: opening it, and what its own records tell about what happened in it."""
