"""What all tests share: an environment without this machine's user, and a patient hypothesis."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("heddle", deadline=None, max_examples=100)
# A mutant is found by any example: there is nothing to be learnt from the simplest one.
hypothesis.settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=100,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
hypothesis.settings.load_profile("heddle")

_GIT: dict[str, str] = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_TERMINAL_PROMPT": "0",
}


@pytest.fixture(autouse=True, scope="session")
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give git an identity and daemons a registry of their own, in every process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _GIT.items():
            patch.setenv(name, value)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "XDG_RUNTIME_DIR"):
            patch.delenv(name, raising=False)
        yield
