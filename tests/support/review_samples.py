"""Reviews as values: one that has everything, and strategies for any."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import strategies as st

from heddle_client.values import (
    AnchoredDiscussion,
    Annotation,
    ChangedFile,
    ChangedSymbol,
    DiscussionResolution,
    DiscussionTurn,
    ListSignaturesResponse,
    MergeRequirement,
    PathSymbolRef,
    ReadingOrderPartition,
    RequirementStatus,
    ReviewKind,
    ReviewPayload,
    ReviewScope,
    ReviewSignature,
    ReviewSummary,
    RiskSignal,
    SignalAnchor,
    SigningFooter,
)

WHEN: Final = datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC)
STATE: Final = bytes(range(20))
OPEN: Final = DiscussionResolution(DiscussionResolution.Open(), None, None, None)
DISMISSED: Final = DiscussionResolution(
    None, None, None, DiscussionResolution.Dismissed("It is as it should be.")
)


def ref(file: str, symbol: str = "") -> PathSymbolRef:
    """A symbol, or the file as a whole."""
    return PathSymbolRef(file, symbol or file)


def changed_file(path: str, status: str = "M", **fields: Any) -> ChangedFile:
    """A file of Python that was read."""
    known: dict[str, Any] = {
        "old_path": "",
        "added_lines": 3,
        "removed_lines": 1,
        "is_binary": False,
        "language": "python",
        "outline": "complete",
        "by_merge": False,
    }
    return ChangedFile(path=path, status=status, **{**known, **fields})


def changed_symbol(
    file: str, symbol: str, *changes: str, previous: PathSymbolRef | None = None
) -> ChangedSymbol:
    """A function of three lines."""
    meant = not {"added", "edited", "deleted"}.isdisjoint(changes)
    return ChangedSymbol(ref(file, symbol), previous, "function", changes, 4, 6, meant)


def signal(file: str, symbol: str, kind: str, visibility: str = "visible") -> RiskSignal:
    """A signal at a symbol's lines."""
    anchor = SignalAnchor(file, symbol, 4, 6)
    return RiskSignal(kind, anchor, f"{kind} of {symbol}", kind, 1, WHEN, visibility)


def discussion(id_: str, anchor: PathSymbolRef, *bodies: str, **fields: Any) -> AnchoredDiscussion:
    """A public discussion of Ada's, open unless said otherwise."""
    known: dict[str, Any] = {
        "opened_against_state": STATE,
        "opened_at": WHEN,
        "turns": tuple(DiscussionTurn("Ada", "ada@example.com", body, WHEN) for body in bodies),
        "resolution": OPEN,
        "body_changed_since_open": False,
        "orphaned": False,
        "visibility": "public",
        "start_line": 4,
        "end_line": 6,
    }
    return AnchoredDiscussion(id=id_, anchor=anchor, **{**known, **fields})


def review(**fields: Any) -> ReviewPayload:
    """A review of a change of nothing, but for the fields that are given."""
    known: dict[str, Any] = {
        "state_id": STATE,
        "summary": ReviewSummary("Change something", 0, 0, 0, 0, 0),
        "agent_narrative": "",
        "partition": ReadingOrderPartition((), (), ()),
        "in_budget_signals": (),
        "all_signals": (),
        "tick_budget": 3,
        "discussions": (),
        "merge_requirements": (),
        "signing_footer": SigningFooter((ReviewKind.READ,)),
        "changed_files": (),
        "changed_symbols": (),
        "annotations": (),
        "is_truncated": False,
        "signals_incomplete": False,
        "prior_state_id": b"\1" * 20,
    }
    return ReviewPayload(**{**known, **fields})


# Text that would be markup, end an element or an attribute, or turn or hide what follows.
_NASTY: Final = (
    "<script>alert(1)</script>",
    "</style><img src=https://example.com/x onerror=alert(1)>",
    "\" autofocus onfocus=alert(1) x='",
    "<!-- ]]> &lt; &#x3c; javascript:alert(1)",
    "\x00\x07\x1b[31m\x7f\x85",
    "abc\u202egnp\u2066\u200b\u00ad\ufeff\u2028",
    "\ud800\udfff\ufffe\U0010ffff\ufdd0",
    "one\r\ntwo\rthree\tfour",
    "*",
    "",
    "src/engine.py",
    "Engine::add",
)
_TEXT: Final = st.sampled_from(_NASTY) | st.text(st.characters(exclude_categories=()), max_size=12)
_COUNT: Final = st.integers(0, 2**32 - 1)
_ID: Final = st.binary(max_size=32)
_WHEN: Final = st.datetimes(timezones=st.just(UTC))
_REF: Final = st.builds(PathSymbolRef, _TEXT, _TEXT)


def _some(strategy: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=most).map(tuple)


_RESOLUTION: Final = st.sampled_from([OPEN, DISMISSED]) | st.one_of(
    st.builds(
        lambda id_: DiscussionResolution(
            None, DiscussionResolution.ResolvedIntoAnnotation(id_), None, None
        ),
        _TEXT,
    ),
    st.builds(
        lambda id_: DiscussionResolution(
            None, None, DiscussionResolution.ResolvedByEdit(id_), None
        ),
        _ID,
    ),
    st.builds(
        lambda text: DiscussionResolution(None, None, None, DiscussionResolution.Dismissed(text)),
        _TEXT,
    ),
)
_SIGNAL: Final = st.builds(
    RiskSignal,
    _TEXT,
    st.builds(SignalAnchor, _TEXT, _TEXT, _COUNT, _COUNT),
    _TEXT,
    _TEXT,
    _COUNT,
    st.none() | _WHEN,
    st.sampled_from(["visible", "hidden"]),
)
_CHANGES: Final = ("added", "deleted", "moved", "renamed", "edited", "reformatted")
_SCOPE: Final = st.just(ReviewScope(ReviewScope.WholeChange(), None)) | st.builds(
    lambda symbols: ReviewScope(None, ReviewScope.SymbolList(symbols)), _some(_REF)
)

any_review: Final = st.builds(
    ReviewPayload,
    _ID,
    st.builds(ReviewSummary, _TEXT, _COUNT, _COUNT, _COUNT, _COUNT, _COUNT),
    _TEXT,
    st.builds(ReadingOrderPartition, _some(_REF), _some(_REF), _some(_REF)),
    _some(_SIGNAL),
    _some(_SIGNAL),
    _COUNT,
    _some(
        st.builds(
            AnchoredDiscussion,
            _TEXT,
            _REF,
            _ID,
            _WHEN,
            _some(st.builds(DiscussionTurn, _TEXT, _TEXT, _TEXT, _WHEN)),
            _RESOLUTION,
            st.booleans(),
            st.booleans(),
            _TEXT,
            _COUNT,
            _COUNT,
        )
    ),
    _some(
        st.builds(
            MergeRequirement,
            _TEXT,
            st.booleans(),
            _TEXT,
            st.sampled_from(RequirementStatus),
            _TEXT,
        )
    ),
    st.builds(SigningFooter, _some(st.sampled_from(ReviewKind))),
    _some(
        st.builds(
            ChangedFile,
            _TEXT,
            _TEXT,
            st.sampled_from("ADMRT") | _TEXT,
            _COUNT,
            _COUNT,
            st.booleans(),
            _TEXT,
            st.sampled_from(["complete", "partial", "too_large", "binary"]) | _TEXT,
            st.booleans(),
        )
    ),
    _some(
        st.builds(
            ChangedSymbol,
            _REF,
            st.none() | _REF,
            _TEXT,
            _some(st.sampled_from(_CHANGES) | _TEXT),
            _COUNT,
            _COUNT,
            st.booleans(),
        )
    ),
    _some(st.builds(Annotation, _TEXT, _TEXT, _TEXT, _some(_TEXT), _REF, st.booleans())),
    st.booleans(),
    st.booleans(),
    _ID,
)
"""Any review, whatever is in its fields."""

_SIGNATURE: Final = st.builds(
    ReviewSignature,
    _TEXT,
    _TEXT,
    _TEXT,
    st.sampled_from(ReviewKind) | st.just(ReviewKind(7)),
    _SCOPE,
    _TEXT,
    _WHEN,
    st.sampled_from(["ed25519", "ssh", "rsa"]) | _TEXT,
    _ID,
    _ID,
    _ID,
)
any_signatures: Final = st.none() | st.builds(
    ListSignaturesResponse, _some(_SIGNATURE, 2), _some(_SIGNATURE, 2)
)
"""Any signatures of a state, or none of a worktree."""
any_text: Final = _TEXT
