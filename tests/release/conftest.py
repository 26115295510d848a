"""Makes `release` importable, which is no part of what is installed."""

from __future__ import annotations

import sys

from documents import PROJECT

# At the end, so that the packages under test stay the installed ones.
sys.path.append(str(PROJECT))
