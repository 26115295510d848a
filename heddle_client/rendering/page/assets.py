"""The style and the script of the page, and the policy that admits these two and nothing else."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Final

from heddle_client.rendering.page.elements import element
from heddle_client.rendering.page.escaping import Html

_HERE: Final = Path(__file__).parent


@functools.cache
def style() -> str:
    """Return the page's style sheet."""
    return _HERE.joinpath("page.css").read_text(encoding="utf-8")


@functools.cache
def script() -> str:
    """Return the page's script, without which all of it can be read as well."""
    return _HERE.joinpath("page.js").read_text(encoding="utf-8")


@functools.cache
def policy() -> str:
    """Return the Content-Security-Policy of the page."""
    return (
        f"default-src 'none'; style-src '{_digest(style())}'; script-src '{_digest(script())}'; "
        "base-uri 'none'; form-action 'none'"
    )


def raw(tag: str, text: str) -> Html:
    """Return an element around one of the two, which are our own and no markup."""
    return element(tag, Html(text))


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
