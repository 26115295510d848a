"""The signals that say how large a change is."""

from __future__ import annotations

import pytest
from changes import change, file_change

from heddle_worker.repository.diff import FileStatus
from heddle_worker.signals.diff_summary import diff_summary

A, D, M, R, T = (
    FileStatus.ADDED,
    FileStatus.DELETED,
    FileStatus.MODIFIED,
    FileStatus.RENAMED,
    FileStatus.TYPE_CHANGED,
)


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ([A, A], "added_only"),
        ([D], "deleted_only"),
        ([M, R, T], "modified_only"),
        ([A, M], "mixed"),
        ([A, D], "mixed"),
    ],
)
def test_the_kind_is_that_of_the_change(statuses: list[FileStatus], kind: str) -> None:
    files = [file_change(f"{index}.py", status) for index, status in enumerate(statuses)]
    found = diff_summary(change(files).diff)
    assert [signal.kind for signal in found] == [f"diff_summary.{kind}"] * len(files)
    assert [signal.file for signal in found] == [file.path for file in files]


def test_the_first_one_tells_the_totals() -> None:
    files = [file_change("a", added=2, removed=0), file_change("b", added=3, removed=7)]
    assert [signal.reason for signal in diff_summary(change(files).diff)] == [
        "2 files changed, 5 lines added, 7 removed",
        "3 lines added, 7 removed",
    ]


def test_at_most_32_files_have_one() -> None:
    assert len(diff_summary(change([file_change(f"{n:03}") for n in range(100)]).diff)) == 32


def test_an_empty_change_has_one_for_the_whole() -> None:
    (only,) = diff_summary(change([]).diff)
    assert (only.kind, only.file) == ("diff_summary.empty", b"*")
    assert only.reason == "0 files changed, 0 lines added, 0 removed"
