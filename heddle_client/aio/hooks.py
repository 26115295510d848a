"""`client.hooks`."""

from __future__ import annotations

from heddle_client.aio.methods import AsyncMethods, streaming, unary
from heddle_client.requests import hooks as requests


class AsyncHooks(AsyncMethods):
    """Who is asked and told. Each method raises `ClientError`; see `heddle_client.errors`.

    Of every method, `timeout` is the seconds until it gives up; None stands for its default.
    `operation_id` is a UUID under which a change happens once; one is made where it is None.
    """

    register = unary(requests.register)
    deregister = unary(requests.deregister)
    list = unary(requests.registered)
    schemas = unary(requests.schemas)
    events = streaming(requests.events)
    respond = unary(requests.respond)
    test = unary(requests.emit)
