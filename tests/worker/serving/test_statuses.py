"""Every known failure has a status that says whose fault it is."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from heddle_worker import failures
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.serving.statuses import status_of
from heddle_worker.store.errors import StoreBusyError, StoreError, StoreFullError


def _family(error: type[Exception]) -> Iterator[type[Exception]]:
    yield error
    for child in error.__subclasses__():
        yield from _family(child)


_OURS = [
    error
    for error in vars(failures).values()
    if isinstance(error, type)
    and issubclass(error, Exception)
    and error is not failures.WorkerUnavailableError
]
# What those are made with that have a text of their own.
_WORDS_OF_THEIR_OWN: dict[type[Exception], tuple[str, ...]] = {
    failures.WorkerRetiredError: (),
    failures.WorkerStoppingError: (),
    failures.ReusedOperationIdError: (),
    failures.TransactionEndedError: ("aborted",),
    failures.SubscriberTooSlowError: ("256",),
}


@pytest.mark.parametrize("error", [*_family(StoreError), *_family(RepositoryError), *_OURS])
def test_no_known_failure_is_internal(
    error: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    words = _WORDS_OF_THEIR_OWN.get(error)
    status = status_of(error(*(("what is\nwrong",) if words is None else words)), "a/b")
    assert status.code is not grpc.StatusCode.INTERNAL
    if words is None:
        assert status.details == "what is wrong"
    assert capsys.readouterr().err == ""
    details = status_pb2.Status.FromString(
        dict(status.trailing_metadata)["grpc-status-details-bin"]
    )
    info = error_details_pb2.ErrorInfo()
    assert details.details[0].Unpack(info)
    assert info.reason.isupper()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreFullError("full"), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (StoreBusyError("busy"), grpc.StatusCode.UNAVAILABLE),
        (RepositoryError("no"), grpc.StatusCode.FAILED_PRECONDITION),
        (FileNotFoundError(2, "No such file or directory"), grpc.StatusCode.FAILED_PRECONDITION),
        (ZeroDivisionError(), grpc.StatusCode.INTERNAL),
    ],
)
def test_the_code_of_a_failure(error: Exception, code: grpc.StatusCode) -> None:
    assert status_of(error, "a/b").code is code
