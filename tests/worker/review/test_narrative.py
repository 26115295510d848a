"""Whose words a commit's message are."""

from __future__ import annotations

import pytest
from changes import state

from heddle_worker.review.narrative import agent_narrative


@pytest.mark.parametrize(
    "trailer",
    [
        ("Co-authored-by", "Claude <noreply@anthropic.com>"),
        ("Co-Authored-By", "dependabot[bot] <support@github.com>"),
        ("Co-developed-by", "GitHub Copilot <copilot@github.com>"),
        ("Assisted-by", "whatever-1.0"),
        ("Generated-by", "a script"),
    ],
)
def test_an_agent_that_is_named_has_written_the_body(trailer: tuple[str, str]) -> None:
    assert agent_narrative(state("Fix", "Because.", trailer)) == "Because."


@pytest.mark.parametrize(
    "trailer",
    [
        ("Co-authored-by", "Grace Hopper <grace@example.com>"),
        ("Co-authored-by", "Claudette <claudette@example.com>"),
        ("Signed-off-by", "Claude <noreply@anthropic.com>"),
        ("Reviewed-by", "Codex"),
    ],
)
def test_people_are_no_agents(trailer: tuple[str, str]) -> None:
    assert agent_narrative(state("Fix", "Because.", trailer)) == ""


def test_one_agent_among_people_suffices() -> None:
    trailers = [("Co-authored-by", "Grace"), ("Co-authored-by", "Codex")]
    assert agent_narrative(state("Fix", "Because.", *trailers)) == "Because."
    assert agent_narrative(state("Fix", "Because.")) == ""
