"""A review for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heddle_client.rendering.json_values import as_json

if TYPE_CHECKING:
    from heddle_client.values import ListSignaturesResponse, ReviewPayload


def review_json(review: ReviewPayload, signatures: ListSignaturesResponse | None) -> dict[str, Any]:
    """Return a review's payload under the contract's names, with `signatures` and `carried`."""
    body: dict[str, Any] = as_json(review)
    body["signatures"] = as_json(signatures.signatures if signatures is not None else ())
    body["carried"] = as_json(signatures.carried if signatures is not None else ())
    return body
