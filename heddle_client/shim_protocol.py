"""What the shims and the client that they run have agreed on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # a checker takes it for true; `typing` itself costs more than all of this
    from typing import Final

OPEN: Final = "open"
"""The policy that lets git go on when nobody can be asked."""

CLOSED: Final = "closed"
"""The policy that has git stop then."""

GO_ON: Final = 0
"""Exit status of the client: git may go on."""

STOP: Final = 77
"""Exit status of the client: git is to stop. Any other is a failure of the client's own."""

RUN_GIT_HOOK: Final = "/heddle.local.v1.GitHookService/RunGitHook"
"""The method that a client calls."""
