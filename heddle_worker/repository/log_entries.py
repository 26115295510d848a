"""From the new lines of all reflogs to entries, each act of git once.

A commit on a branch is written to the reflogs of `HEAD` and of the branch: that is one entry, the
line of `HEAD`, and the branch gives it its thread. So every line of a `HEAD` has its entry, and
of the other logs those lines have one that tell of what no `HEAD` recorded.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from heddle_worker.repository import activity
from heddle_worker.repository.activity import Verb
from heddle_worker.repository.display import displayed, displayed_name
from heddle_worker.repository.entries import Activity, Entry, Place, Rank, RefTarget
from heddle_worker.repository.fresh_lines import FreshLine, FreshLog
from heddle_worker.repository.pairing import IsBranch, Landings, Spot, Twins, Unpaired
from heddle_worker.repository.ref_files import HEADS, short_name
from heddle_worker.repository.reflog_files import LogKind
from heddle_worker.repository.reflog_lines import ReflogLine, moved_ref


def entries_of_logs(
    logs: Sequence[FreshLog],
    *,
    refs: Mapping[bytes, bytes],
    is_branch: IsBranch,
    unpaired: Unpaired,
) -> list[Entry]:
    """Return the entries for what is new in all logs, tied together in the order of each log.

    Args:
        logs: what is new in each.
        refs: the refs that were there when the logs were read last, and where they pointed.
        is_branch: tells whether a name is that of a branch, now or then.
        unpaired: entries of the operation log that some lines may belong to.
    """
    builder = _Builder(logs, refs, Landings(logs, is_branch), unpaired)
    builder.add_heads()
    builder.add_others()
    builder.tie()
    return builder.entries


class _Builder:
    def __init__(
        self,
        logs: Sequence[FreshLog],
        refs: Mapping[bytes, bytes],
        landings: Landings,
        unpaired: Unpaired,
    ) -> None:
        self.entries: list[Entry] = []
        self._logs = logs
        self._refs = refs
        self._landings = landings
        self._unpaired = unpaired
        self._entries_at: list[list[Entry | None]] = [[None] * len(log.lines) for log in logs]
        self._deleted: set[bytes] = set()

    def add_heads(self) -> None:
        """Make the entries of all lines of a `HEAD`, and join their twins to them."""
        twins = Twins(self._logs)
        for log, fresh in enumerate(self._logs):
            if fresh.read.log.kind is LogKind.HEAD:
                for place, one in enumerate(fresh.lines):
                    self._add_head_line((log, place), one, twins)

    def add_others(self) -> None:
        """Make the entries of the lines that are no twins."""
        for log, fresh in enumerate(self._logs):
            for place, one in enumerate(fresh.lines):
                spot = log, place
                if self._entries_at[log][place] is not None:
                    continue
                if fresh.read.log.kind is LogKind.STASH:
                    branch = activity.stashed_on(one.line.message)
                    self._enter(spot, one, Rank.BRANCH, Verb.CHECKPOINT, branch)
                elif fresh.read.log.kind is LogKind.REMOTE_BRANCH:
                    verb = activity.remote_branch_verb(one.line.message, new=one.line.new)
                    self._enter_ref_line(spot, one, verb)
                else:
                    self._add_branch_line(spot, one)

    def tie(self) -> None:
        """Let each entry wait for the one before it in the same log."""
        for entries in self._entries_at:
            for before, entry in itertools.pairwise(entries):
                if entry is not None and before is not None and before is not entry:
                    entry.waits_for += (before,)

    def _add_head_line(self, spot: Spot, one: FreshLine, twins: Twins) -> None:
        line = one.line
        found = self._unpaired.take_branch(line.content)
        twin = twins.take(one) if found is None else None
        branch = self._line_at(twin).owner.removeprefix(HEADS) if twin else one.branch
        verb = activity.head_verb(line.message, new=line.new, moves_branch=twin is not None)
        entry = self._enter(spot, one, Rank.HEAD, verb, branch)
        entry.refs = self._refs_after_head(one, branch)
        if found is not None:
            entry.activities, entry.found = (), found
        elif twin:
            self._join(entry, twin)
        elif branch and line.new and not activity.checkout(line.message):
            entry.pairing, entry.of_head = line.content, True

    def _refs_after_head(self, one: FreshLine, branch: bytes) -> tuple[RefTarget, ...]:
        renamed = moved_ref(one.line.message)
        if one.line.new:
            return ((renamed.name, one.line.new),) if renamed else ()
        if not renamed and not branch:
            return ()
        ref = renamed.origin if renamed else HEADS + branch
        self._deleted.add(ref)
        return ((ref, None),)

    def _join(self, entry: Entry, twin: Spot) -> None:
        one = self._line_at(twin)
        self._entries_at[twin[0]][twin[1]] = entry
        entry.places += (Place(twin[0], one.line.end, b"", one.line_id),)
        if self._is_current(twin, one):
            entry.refs += ((one.owner, one.line.new),)

    def _add_branch_line(self, spot: Spot, one: FreshLine) -> None:
        line = one.line
        landing = self._landings.take(one)
        forks = landing is not None and landing.forks
        verb = activity.branch_verb(line.message, old=line.old, new=line.new, forks=forks)
        entry = self._enter_ref_line(spot, one, verb)
        found = self._unpaired.take_head(line.content)
        if found is not None:
            entry.activities, entry.found = (), found
        elif self._is_current(spot, one) and activity.created_from(line.message) is None:
            entry.pairing = line.content
        if landing is not None:
            self._put_between(entry, landing.spot)

    def _put_between(self, entry: Entry, landing: Spot) -> None:
        """Let the making of a branch come right before the move of `HEAD` to it."""
        log, place = landing
        before = self._entries_at[log][place - 1] if place else None
        if before is not None and before is not entry:
            entry.waits_for += (before,)
        move = self._entries_at[log][place]
        if move is not None:
            move.waits_for += (entry,)

    def _enter_ref_line(self, spot: Spot, one: FreshLine, verb: Verb) -> Entry:
        entry = self._enter(spot, one, Rank.BRANCH, verb, short_name(one.owner))
        moved = moved_ref(one.line.message)
        if moved and not moved.is_copy:
            self._delete_before(entry, moved.origin, one.line, one.line.message)
        elif self._is_current(spot, one) and not one.line.old and not moved:
            # If it was there before, it has been deleted before it was made once more.
            self._delete_before(entry, one.owner, one.line._replace(email=b""), b"")
        if self._is_current(spot, one):
            entry.refs += ((one.owner, one.line.new or None),)
        return entry

    def _delete_before(self, entry: Entry, ref: bytes, line: ReflogLine, message: bytes) -> None:
        if ref not in self._refs or ref in self._deleted:
            return
        self._deleted.add(ref)
        entry.refs = ((ref, None),)
        deletion = Activity(
            timestamp_secs=line.seconds,
            verb=Verb.THREAD_DELETE,
            actor_email=displayed_name(line.email),
            thread=displayed_name(short_name(ref)),
            old_id=self._refs[ref],
            detail=displayed(message),
        )
        entry.activities = (deletion, *entry.activities)

    def _enter(self, spot: Spot, one: FreshLine, rank: Rank, verb: Verb, branch: bytes) -> Entry:
        line = one.line
        happened = Activity(
            timestamp_secs=line.seconds,
            verb=verb,
            actor_email=displayed_name(line.email),
            thread=displayed_name(branch),
            change_id=line.new,
            old_id=line.old,
            detail=displayed(line.message),
        )
        place = Place(spot[0], line.end, one.branch, one.line_id)
        entry = Entry(line.seconds, rank, (happened,), (place,))
        self.entries.append(entry)
        self._entries_at[spot[0]][spot[1]] = entry
        return entry

    def _line_at(self, spot: Spot) -> FreshLine:
        log, place = spot
        return self._logs[log].lines[place]

    def _is_current(self, spot: Spot, one: FreshLine) -> bool:
        """Return whether a line is about the ref that has the log now, and not an earlier one."""
        return one.owner == self._logs[spot[0]].read.log.ref
