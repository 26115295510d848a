"""What a response says, once it is fit to be shown."""

from __future__ import annotations

import pytest

from heddle_worker.hooks.answers import Outcome, Response, parse_response


@pytest.mark.parametrize("abort", ["", "  \n", "\x1b[31m\x1b[0m", "\x07\x00"])
def test_what_says_nothing_agrees(abort: str) -> None:
    response = Response.of(abort)
    assert response == Response()
    assert response.outcome is Outcome.PASSED


@pytest.mark.parametrize("text", ['{"abort": "\\u001b[1mno"}', '{"veto": {"reason": "no\\u0007"}}'])
def test_a_reason_is_a_veto_and_has_no_control_characters(text: str) -> None:
    response = parse_response(text)
    assert response.reason == "no"
    assert response.outcome is Outcome.VETOED
