"""Snapshots of a worktree: taking them, comparing with them, and going back to them."""
