"""`client.discussions`."""

from __future__ import annotations

from heddle_client.methods import Methods, unary
from heddle_client.requests import discussions as requests


class Discussions(Methods):
    """What is said about symbols. Each method raises `ClientError`; see `heddle_client.errors`.

    Of every method, `timeout` is the seconds until it gives up; None stands for its default.
    `operation_id` is a UUID under which a change happens once; one is made where it is None.
    """

    open = unary(requests.open_discussion)
    append = unary(requests.append)
    dismiss = unary(requests.dismiss)
    resolve_by_edit = unary(requests.resolve_by_edit)
    resolve_into_annotation = unary(requests.resolve_into_annotation)
    get = unary(requests.get)
    by_state = unary(requests.by_state)
    by_symbol = unary(requests.by_symbol)
