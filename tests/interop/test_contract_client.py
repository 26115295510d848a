"""A client that has the contract and nothing of ours: every method answers it as it expects."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

import grpc
import pytest
from contract_client import METHODS, ContractClient, unknown_numbers
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from hook_client import HookClient
from refusals import refusal
from signers import ed25519_signer
from signing_client import payload_of
from waiting import wait_until

Code = grpc.StatusCode

# Fields of a client of another time: a number, a text and a fixed one, all of them beyond 1,000.
SURPLUS: Final = bytes.fromhex("c03e07 ca3e0568656c6c6f d13e0102030405060708")
SPIN: Final = {"file": "engine.py", "symbol": "spin"}


@pytest.fixture
def channel(daemon: HeddleDaemon) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"unix:{daemon.config.socket_path}") as channel:
        yield channel


@pytest.fixture
def client(channel: grpc.Channel) -> ContractClient:
    return ContractClient(channel)


def new_id() -> str:
    return str(uuid.uuid4())


class Walk:
    """A client's way through all methods of all services, each reply looked at."""

    def __init__(self, client: ContractClient, repository: GitRepository) -> None:
        self.call: Callable[..., Any] = client.call
        self._client = client
        self._repository = repository
        self._head = repository.head()
        self._state = bytes.fromhex(self._head)

    def reviews(self) -> None:
        payload = self.call("GetReviewPayload", state_id=self._state, include_all_signals=True)
        assert payload.state_id == self._state
        assert payload.summary.headline == self._repository.git("log", "-1", "--format=%s")
        assert payload.summary.files_changed == 1
        assert (payload.summary.added_lines, payload.summary.removed_lines) == (1, 1)
        assert [ref.symbol for ref in payload.partition.consequence] == ["spin"]
        assert payload.tick_budget == 3
        assert list(payload.signing_footer.available_kinds) == [1, 2, 3]
        assert {signal.visibility for signal in payload.all_signals} <= {"visible", "hidden"}
        signer = ed25519_signer()
        before = len(self.call("ListSignatures", state_id=self._state).signatures)
        request = self._client.request(
            "SignState",
            state_id=self._state,
            kind="REVIEW_KIND_READ",
            scope={"symbols": {"symbols": [SPIN]}},
            justification="read it twice",
            algorithm=signer.algorithm,
            public_key=signer.public_key,
            signed_at={"seconds": int(time.time())},
            client_operation_id=new_id(),
        )
        request.signature = signer.sign(payload_of(request, self._head))
        signed = self._client.send(request, "SignState")
        assert (signed.signature_id, signed.state_id) == (f"rs-{before}", self._state)
        assert self._client.send(request, "SignState") == signed
        listed = self.call("ListSignatures", state_id=self._state).signatures
        assert len(listed) == before + 1
        assert listed[-1].signature == request.signature
        assert listed[-1].scope == request.scope
        assert listed[-1].actor_email == "ada@example.com"

    def discussions(self) -> None:
        opened = self.call(
            "OpenDiscussion",
            state_id=self._state,
            anchor=SPIN,
            body="Why three?",
            client_operation_id=new_id(),
        )
        assert opened.visibility == "public"
        assert opened.resolution.WhichOneof("state") == "open"
        assert opened.opened_against_state == self._state
        appended = self.call("AppendTurn", discussion_id=opened.id, body="Because.")
        assert [turn.body for turn in appended.turns] == ["Why three?", "Because."]
        assert self.call("GetDiscussion", discussion_id=opened.id) == appended
        for found in (
            self.call("ListByState", state_id=self._state, status="open"),
            self.call("ListBySymbol", anchor=SPIN, status="open"),
        ):
            assert opened.id in {each.id for each in found.discussions}
        annotated = self.call(
            "ResolveDiscussion",
            discussion_id=opened.id,
            into_annotation={"kind": "CONTEXT_ANNOTATION_KIND_INVARIANT", "content": "Three."},
        )
        resolution = annotated.resolution
        assert resolution.WhichOneof("state") == "into_annotation"
        assert resolution.into_annotation.annotation_id == annotated.resolved_annotation_id != ""
        for way in ({"by_edit": {"state_id": self._state}}, {"dismissed": {"reason": "moot"}}):
            other = self.call("OpenDiscussion", state_id=b"HEAD", anchor=SPIN, body="And this?")
            closed = self.call("ResolveDiscussion", discussion_id=other.id, **way)
            assert {closed.resolution.WhichOneof("state")} == way.keys()

    def signals(self) -> None:
        computed = self.call("ComputeStateSignals", state_id=self._state)
        assert computed.tick_budget == 3
        assert [s.kind for s in computed.signals if s.kind == "invariant_adjacency"]
        health = self.call("GetRepoSignalHealth", window_states=10)
        assert 1 <= health.window_states <= 10
        assert {entry.module_id for entry in health.entries} > {"novelty.tree_sitter"}
        stream = self.call("SubscribeSignalUpdates")
        states: list[bytes] = []
        reader = threading.Thread(target=self._note, args=(stream, states), daemon=True)
        reader.start()
        wait_until(lambda: states or not self._repository.commit(), "a commit is told of")
        stream.cancel()
        reader.join()
        made = self._repository.git("rev-list", "HEAD").split()
        assert {state.hex() for state in states} <= set(made)

    def _note(self, stream: Any, states: list[bytes]) -> None:
        try:
            states.extend(update.state_id for update in stream if update.state_id)
        except grpc.RpcError as error:
            assert error.code() is Code.CANCELLED  # noqa: PT017 - it is how a stream ends

    def log(self) -> None:
        hits = self.call("QueryOperations", include_checkpoints=True).hits
        assert [hit.seq for hit in hits] == sorted({hit.seq for hit in hits})
        assert {"snapshot", "discussion.open", "state_review.sign_state"} <= {
            hit.verb for hit in hits
        }
        query = {"include_checkpoints": True, "verbs": ["discussion.open"]}
        streamed = list(self.call("StreamOperations", query=query))
        assert streamed == [hit for hit in hits if hit.verb == "discussion.open"]

    def transactions(self) -> None:
        begun = self.call("BeginTransaction", message="try", client_operation_id=new_id())
        status = self.call("GetTransactionStatus", transaction_id=begun.transaction_id)
        assert (status.state, status.buffered_ops) == ("active", 0)
        assert status.started_at == begun.started_at
        engine = self._repository.root / "engine.py"
        before = engine.read_bytes()
        engine.write_text("nothing\n")
        aborted = self.call(
            "AbortTransaction", transaction_id=begun.transaction_id, reason="no use"
        )
        assert aborted.aborted
        assert engine.read_bytes() == before
        begun = self.call("BeginTransaction")
        committed = self.call("CommitTransaction", transaction_id=begun.transaction_id)
        assert (committed.state_id.hex(), committed.op_count) == (self._repository.head(), 0)
        status = self.call("GetTransactionStatus", transaction_id=begun.transaction_id)
        assert status.state == "committed"

    def hooks(self, told: HookClient) -> None:
        registered = self.call("RegisterHook", name="look", command="true", events=["post_push"])
        assert (registered.command, registered.timeout_ms) == ("true", 5_000)
        assert list(self.call("ListHooks").hooks) == [registered]
        assert self.call("DeregisterHook", name="look").deleted
        assert not self.call("DeregisterHook", name="look").deleted
        schemas = self.call("GetHookEventSchema").schemas
        assert len(schemas) == 10
        assert {schema.schema_version for schema in schemas} == {1}
        assert not self.call("RespondToHook", hook_event_id=new_id()).accepted
        stream = self.call("SubscribeHookEvents", events=["pre_push"])
        accepted: list[bool] = []
        objector = threading.Thread(target=self._object, args=(stream, accepted), daemon=True)
        objector.start()
        wait_until(lambda: told.test("pre_push", {"remote": "r"}).vetoed, "a push is objected to")
        stream.cancel()
        objector.join()
        assert accepted[0]

    def _object(self, stream: Any, accepted: list[bool]) -> None:
        try:
            for event in stream:
                assert event.event_name == "pre_push"
                reply = self.call("RespondToHook", hook_event_id=event.hook_event_id, abort="no")
                accepted.append(reply.accepted)
        except grpc.RpcError as error:
            assert error.code() is Code.CANCELLED  # noqa: PT017 - it is how a stream ends


@pytest.mark.parametrize("surplus", [b"", SURPLUS], ids=["the contract's fields", "and others"])
def test_every_method_answers(
    channel: grpc.Channel, repository: GitRepository, surplus: bytes
) -> None:
    text = (repository.root / "engine.py").read_text("utf-8")
    repository.write("engine.py", text.replace("total = 0", "total = 0 + 0"))
    repository.git("commit", "--quiet", "-m", "Change spin")
    client = ContractClient(channel, surplus)
    walk = Walk(client, repository)
    walk.discussions()
    walk.reviews()
    walk.log()
    walk.transactions()
    walk.hooks(HookClient(channel))
    walk.signals()
    assert client.called == METHODS.keys()


def test_what_is_beyond_the_contract_is_beyond_its_numbers(
    client: ContractClient, repository: GitRepository
) -> None:
    payload = client.call("GetReviewPayload", state_id=b"HEAD~1")
    hits = client.call("QueryOperations").hits
    numbers = {*unknown_numbers(payload), *(n for hit in hits for n in unknown_numbers(hit))}
    assert numbers
    assert min(numbers) >= 100
    # It is kept by a client that passes a message on, as any protobuf does.
    assert type(payload).FromString(payload.SerializeToString()) == payload


ABSENT: Final = "0123456789abcdef0123456789abcdef01234567"
WRONG: Final[list[tuple[str, dict[str, Any], Code, str]]] = [
    ("GetReviewPayload", {"state_id": b"123"}, Code.INVALID_ARGUMENT, "invalid state_id"),
    (
        "GetReviewPayload",
        {"state_id": bytes.fromhex(ABSENT)},
        Code.NOT_FOUND,
        f"state {ABSENT} not found",
    ),
    ("SignState", {"state_id": b"HEAD", "kind": 0}, Code.INVALID_ARGUMENT, "kind"),
    ("SignState", {"state_id": b"HEAD", "kind": 9}, Code.INVALID_ARGUMENT, "kind"),
    ("ListSignatures", {"state_id": bytes.fromhex(ABSENT)}, Code.NOT_FOUND, "not found"),
    ("ComputeStateSignals", {}, Code.INVALID_ARGUMENT, "state_id"),
    ("OpenDiscussion", {"state_id": b"HEAD", "body": "x"}, Code.INVALID_ARGUMENT, "anchor"),
    ("AppendTurn", {"body": "x"}, Code.INVALID_ARGUMENT, "discussion_id"),
    ("AppendTurn", {"discussion_id": "x", "body": "x"}, Code.NOT_FOUND, "x"),
    ("ResolveDiscussion", {"discussion_id": "x"}, Code.INVALID_ARGUMENT, "resolution"),
    ("GetDiscussion", {"discussion_id": "x"}, Code.NOT_FOUND, "x"),
    ("GetTransactionStatus", {"transaction_id": "x"}, Code.NOT_FOUND, "x"),
    ("CommitTransaction", {"transaction_id": "x"}, Code.NOT_FOUND, "x"),
    ("AbortTransaction", {"transaction_id": "x"}, Code.NOT_FOUND, "x"),
    ("BeginTransaction", {"thread": "nowhere"}, Code.FAILED_PRECONDITION, "nowhere"),
    (
        "BeginTransaction",
        {"client_operation_id": "no UUID"},
        Code.INVALID_ARGUMENT,
        "invalid client_operation_id: ",
    ),
    (
        "RegisterHook",
        {"name": "n", "command": "c", "events": ["nothing"]},
        Code.INVALID_ARGUMENT,
        "nothing",
    ),
    ("DeregisterHook", {}, Code.INVALID_ARGUMENT, "name"),
    ("GetHookEventSchema", {"event_name": "nothing"}, Code.NOT_FOUND, "nothing"),
    ("RespondToHook", {}, Code.INVALID_ARGUMENT, "hook_event_id"),
    (
        "RespondToHook",
        {"hook_event_id": "x", "extra_signals_json": "{"},
        Code.INVALID_ARGUMENT,
        "extra_signals_json",
    ),
    ("ListByState", {"state_id": b"HEAD", "status": "odd"}, Code.INVALID_ARGUMENT, "status"),
    ("ListBySymbol", {}, Code.INVALID_ARGUMENT, "anchor"),
    ("ListHooks", {"repo_path": "/"}, Code.NOT_FOUND, "/"),
]


@pytest.mark.parametrize(("method", "fields", "code", "text"), WRONG)
def test_what_is_wrong_gets_the_status_of_the_contract(
    client: ContractClient, method: str, fields: dict[str, Any], code: Code, text: str
) -> None:
    refused = refusal(client.call, method, **fields)
    assert refused.code is code
    assert text in refused.message


@pytest.mark.parametrize("method", ["SubscribeHookEvents", "StreamOperations"])
def test_a_stream_that_is_refused_ends_with_the_status(client: ContractClient, method: str) -> None:
    fields: dict[str, Any] = (
        {"events": ["nothing"]}
        if method == "SubscribeHookEvents"
        else {"query": {"since_secs": -1}}
    )
    with pytest.raises(grpc.RpcError) as refused:
        list(client.call(method, **fields))
    assert refused.value.code() is Code.INVALID_ARGUMENT


def test_a_change_is_made_once_for_one_id(client: ContractClient) -> None:
    operation_id = new_id()
    fields = {"name": "once", "command": "true", "client_operation_id": operation_id}
    first = client.call("RegisterHook", **fields)
    assert client.call("DeregisterHook", name="once").deleted
    assert client.call("RegisterHook", **fields) == first
    assert not client.call("ListHooks").hooks
    refused = refusal(client.call, "RegisterHook", **{**fields, "command": "false"})
    assert refused.code is Code.FAILED_PRECONDITION
    assert refused.message == "client_operation_id reused with a different request body"
    # Another method may have the same id.
    assert not client.call("DeregisterHook", name="once", client_operation_id=operation_id).deleted
