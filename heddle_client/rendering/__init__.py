"""What the daemon tells, as text, Markdown and JSON: pure functions over the values."""
