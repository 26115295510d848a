"""Hearing what happens in the repository and in its worktrees, from the system and from git."""
