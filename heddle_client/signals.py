"""`client.signals`."""

from __future__ import annotations

from heddle_client.methods import Methods, streaming, unary
from heddle_client.requests import signals as requests


class Signals(Methods):
    """What deserves attention. Each method raises `ClientError`; see `heddle_client.errors`.

    Of every method, `timeout` is the seconds until it gives up; None stands for its default.
    """

    compute = unary(requests.compute)
    health = unary(requests.health)
    updates = streaming(requests.updates)
