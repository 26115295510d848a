"""heddle for agents that speak MCP: tools and resources of one worktree, over standard streams."""
