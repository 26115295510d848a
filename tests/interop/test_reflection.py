"""Tools that know nothing of heddle, whichever version of the reflection service they speak."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import grpc
import pytest
from git_repository import GitRepository
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2
from heddle_daemon import HeddleDaemon
from reflection_client import VERSIONS, ReflectionClient

LOG: Final = "heddle.v1.OperationLogQueryService"
REFLECTION: Final = tuple(f"grpc.reflection.{version}.ServerReflection" for version in VERSIONS)
V1ALPHA: Final = FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)


@pytest.fixture(params=VERSIONS)
def client(daemon: HeddleDaemon, request: pytest.FixtureRequest) -> Iterator[ReflectionClient]:
    """A client that speaks one version, and knows only what that tells it."""
    with closing(ReflectionClient(daemon.config.socket_path, request.param)) as client:
        yield client


def test_every_service_is_listed_and_every_method_described(client: ReflectionClient) -> None:
    services = client.services()
    assert services > {LOG, *REFLECTION}
    assert {name for service in services for name in client.methods(service)} > {
        "Check",
        "GetDaemon",
        "QueryOperations",
        "ServerReflectionInfo",
    }


def test_what_is_described_can_be_called(
    client: ReflectionClient, repository: GitRepository
) -> None:
    hits = client.call(LOG, "QueryOperations").hits
    assert hits[-1].change_id.hex() == repository.head()
    assert list(client.stream(LOG, "StreamOperations")) == list(hits)


def test_the_versions_differ_in_their_names_alone(client: ReflectionClient) -> None:
    described = client.file_of("grpc.reflection.v1.ServerReflection")
    assert described.package == "grpc.reflection.v1"
    assert described.name == "grpc/reflection/v1/reflection.proto"
    assert not described.HasField("options")
    expected = FileDescriptorProto()
    expected.CopyFrom(V1ALPHA)
    expected.ClearField("options")
    expected.name = described.name
    assert str(expected).replace("v1alpha", "v1") == str(described)


def test_what_is_not_there_is_not_found_in_the_stream(client: ReflectionClient) -> None:
    for symbol in ("heddle.v1.Nothing", "", "x" * 5_000, "\0"):
        with pytest.raises(KeyError, match="not found"):
            client.file_of(symbol)
    assert client.methods(LOG)


@pytest.mark.parametrize("service", REFLECTION)
def test_a_request_that_asks_nothing_is_invalid_and_the_stream_goes_on(
    daemon: HeddleDaemon, service: str
) -> None:
    with grpc.insecure_channel(f"unix:{daemon.config.socket_path}") as channel:
        ask: Any = channel.stream_stream(
            f"/{service}/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        requests = [
            reflection_pb2.ServerReflectionRequest(),
            reflection_pb2.ServerReflectionRequest(list_services=""),
        ]
        nothing, services = ask(iter(requests), timeout=30)
    assert nothing.error_response.error_code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert {each.name for each in services.list_services_response.service} > set(REFLECTION)
