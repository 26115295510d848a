"""From what became of the refs to entries, where no reflog tells of it.

Tags have no reflog; a deleted branch took its reflog with it; and where git keeps no reflogs, as
in a bare repository, neither have branches. What happened is then the difference between the refs
as they were seen last and as they are.

Nobody recorded who did it, so the actor is empty, unless a tag object names its tagger. The time
is the tagger's; else that of the ref's own file; else, for a tag, that of the commit; else now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from heddle_worker.repository.activity import Verb
from heddle_worker.repository.display import displayed
from heddle_worker.repository.entries import Activity, Entry, Rank
from heddle_worker.repository.ref_files import TAGS, Ref, short_name
from heddle_worker.repository.repository import TagOrigin


@dataclass(frozen=True, slots=True)
class RefComparison:
    """Compares refs as they are with how they were.

    Attributes:
        before: full name to raw id, as seen last.
        now: the refs there are.
        value_of: reads where a ref points: a raw id; empty when it holds none.
        tag_origin: tells about the tag whose ref holds a raw id.
        is_told: tells whether the entries of the reflogs already cover a ref.
        is_logged: tells whether a ref has a reflog.
        is_first: nothing was ever seen: branches without a reflog are taken as they are.
        now_secs: the present, in Unix seconds.
        unnoticed: filled with the refs that are to be remembered without an entry.
    """

    before: Mapping[bytes, bytes]
    now: Mapping[bytes, Ref]
    value_of: Callable[[Ref], bytes]
    tag_origin: Callable[[bytes], TagOrigin]
    is_told: Callable[[bytes], bool]
    is_logged: Callable[[bytes], bool]
    is_first: bool
    now_secs: int
    unnoticed: dict[bytes, bytes] = field(default_factory=dict)

    def entries(self) -> Iterator[Entry]:
        """Yield an entry for each ref that was made, moved or deleted."""
        for name, ref in self.now.items():
            if self.is_told(name):
                continue
            if name.startswith(TAGS):
                yield from self._tag_entries(ref)
            elif not self.is_logged(name):
                yield from self._branch_entries(ref)
            elif name not in self.before:
                self.unnoticed[name] = self.value_of(ref)
        for name, target in self.before.items():
            if name not in self.now and not self.is_told(name):
                yield self._deletion(name, target)

    def _tag_entries(self, ref: Ref) -> Iterator[Entry]:
        target = self.value_of(ref)
        before = self.before.get(ref.name)
        if not target or target == before:
            return
        origin = self.tag_origin(target)
        seconds = origin.tagged_secs
        if seconds is None:
            seconds = ref.written_secs() or origin.committed_secs or self.now_secs
        created = Activity(
            timestamp_secs=seconds,
            verb=Verb.MARKER_CREATE,
            actor_email=displayed(origin.tagger_email),
            change_id=origin.commit,
            old_id=self.tag_origin(before).commit if before else b"",
            detail=displayed(short_name(ref.name)),
        )
        yield Entry(seconds, Rank.TAG, (created,), refs=((ref.name, target),))

    def _branch_entries(self, ref: Ref) -> Iterator[Entry]:
        target = self.value_of(ref)
        before = self.before.get(ref.name)
        if not target or target == before:
            return
        if before is None and self.is_first:
            self.unnoticed[ref.name] = target
            return
        seconds = ref.written_secs() or self.now_secs
        moved = Activity(
            timestamp_secs=seconds,
            verb=Verb.THREAD_UPDATE if before else Verb.THREAD_CREATE,
            thread=displayed(short_name(ref.name)),
            change_id=target,
            old_id=before or b"",
        )
        yield Entry(seconds, Rank.COMPARED, (moved,), refs=((ref.name, target),))

    def _deletion(self, name: bytes, target: bytes) -> Entry:
        short = displayed(short_name(name))
        if name.startswith(TAGS):
            deleted = Activity(
                timestamp_secs=self.now_secs,
                verb=Verb.MARKER_DELETE,
                old_id=self.tag_origin(target).commit,
                detail=short,
            )
        else:
            deleted = Activity(
                timestamp_secs=self.now_secs,
                verb=Verb.THREAD_DELETE,
                thread=short,
                old_id=target,
            )
        return Entry(self.now_secs, Rank.COMPARED, (deleted,), refs=((name, None),))
