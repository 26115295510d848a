"""Looking for what keeps heddle from working here, and mending what can be mended safely."""
