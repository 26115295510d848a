"""Importing this skips a module of tests where the Model Context Protocol's SDK is missing."""

from __future__ import annotations

import pytest

pytest.importorskip("mcp", reason="it needs the SDK of MCP: pip install 'heddle[mcp]'")
