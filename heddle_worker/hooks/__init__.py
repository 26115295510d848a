"""Hooks: who wants to be told, or asked, when something happens in the repository."""
