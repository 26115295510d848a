from __future__ import annotations

import subprocess
from typing import Final

import pytest
from travel_bench import TravelBench, told

LONG: Final = (
    "take the list of all the names and sort them by length then give back the first of it"
)
OTHER: Final = (
    "open a socket wait for bytes parse what came answer with an error or else a reply line"
)
THIRD: Final = (
    "draw a red box then fill every second row of pixels with noise until nothing is white"
)
F: Final = f"def f {LONG}\n"
G: Final = f"def g {OTHER}\n"
H: Final = f"def h {THIRD}\n"


def start(bench: TravelBench) -> bytes:
    return bench.commit({"a.tiny": F + G, "other.tiny": H})


def test_what_is_the_same_is_placed_on_its_new_lines(bench: TravelBench) -> None:
    anchor = bench.anchor(start(bench), "a.tiny", "f")
    target = bench.commit({"a.tiny": f"// first\n\n{F}{G}"})
    (placement,) = bench.traveller.place([anchor], target)
    assert told(placement) == "a.tiny:f"
    assert (placement.start_line, placement.end_line) == (3, 3)


def test_an_edit_changes_the_body(bench: TravelBench) -> None:
    anchor = bench.anchor(start(bench), "a.tiny", "f")
    assert bench.place(anchor, bench.commit({"a.tiny": F.strip() + " twice\n" + G})) == (
        "a.tiny:f changed"
    )
    assert bench.place(anchor, bench.commit({"a.tiny": F + G})) == "a.tiny:f"


def test_renames_and_moves_are_followed_step_by_step(bench: TravelBench) -> None:
    anchor = bench.anchor(start(bench), "a.tiny", "f")
    longer = LONG.replace("names", "words")
    assert bench.place(anchor, bench.commit({"a.tiny": f"def f2 {LONG}\n{G}"})) == (
        "a.tiny:f2 changed"
    )
    bench.commit({"a.tiny": f"def f2 {longer}\n{G}"})
    bench.git.git("mv", "a.tiny", "b.tiny")
    assert bench.place(anchor, bench.commit({})) == "b.tiny:f2 changed"
    bench.commit({"b.tiny": G, "other.tiny": f"{H}def f2 {longer}\n"})
    bench.commit({"other.tiny": f"{H}def f3 {longer}\n"})
    # Nothing of what it was at first is left but the way that it came.
    last = bench.commit({"other.tiny": f"{H}def f3 {THIRD} {THIRD}\n"})
    assert bench.place(anchor, last) == "other.tiny:f3 changed"
    back = bench.commit({"other.tiny": H, "a.tiny": F, "b.tiny": G})
    assert bench.place(anchor, back) == "a.tiny:f"


def test_a_name_that_another_symbol_has_taken_is_not_it(bench: TravelBench) -> None:
    anchor = bench.anchor(start(bench), "a.tiny", "f")
    bench.commit({"a.tiny": f"def f2 {LONG}\n{G}"})
    target = bench.commit({"a.tiny": f"def f2 {LONG}\n{G}def f {THIRD}\n"})
    assert bench.place(anchor, target) == "a.tiny:f2 changed"


def test_a_deleted_symbol_is_orphaned_until_it_is_there_again(bench: TravelBench) -> None:
    opened = start(bench)
    anchor = bench.anchor(opened, "a.tiny", "f")
    gone = bench.commit({"a.tiny": G})
    still_gone = bench.commit({"other.tiny": H + "// more\n"})
    again = bench.commit({"a.tiny": f"{G}def f {LONG} again\n"})
    elsewhere = bench.commit({"a.tiny": G, "other.tiny": H + F})
    assert bench.place(anchor, gone) == "a.tiny:f orphaned"
    assert bench.place(anchor, still_gone) == "a.tiny:f orphaned"
    assert bench.place(anchor, again) == "a.tiny:f changed"
    assert bench.place(anchor, elsewhere) == "other.tiny:f"
    assert bench.place(anchor, opened) == "a.tiny:f"


def test_it_is_found_where_it_was_put_some_commits_after_it_was_deleted(
    bench: TravelBench,
) -> None:
    anchor = bench.anchor(start(bench), "a.tiny", "f")
    bench.commit({"a.tiny": G})
    bench.commit({"third.tiny": "def i 1\n"})
    assert bench.place(anchor, bench.commit({"other.tiny": H + F})) == "other.tiny:f"


def test_a_change_that_came_by_the_other_parent_of_a_merge_is_followed(
    bench: TravelBench,
) -> None:
    anchor = bench.anchor(start(bench), "a.tiny", "f")
    bench.git.git("switch", "-qc", "side")
    bench.commit({"a.tiny": f"def f2 {LONG}\n{G}"})
    half = LONG.replace("the list of all the names and sort", "nothing but")
    bench.commit({"a.tiny": f"def f2 {half}\n{G}"})
    bench.commit({"a.tiny": f"def f3 {half}\n{G}"})
    bench.commit({"a.tiny": f"def f3 {THIRD} {OTHER}\n{G}"})
    bench.git.git("switch", "-q", "main")
    bench.commit({"b.tiny": "def x 1\n"})
    bench.git.git("merge", "-q", "--no-edit", "side")
    merged = bytes.fromhex(bench.git.head())
    assert bench.place(anchor, merged) == "a.tiny:f3 changed"
    last = bench.commit({"a.tiny": f"def f4 {THIRD} {OTHER}\n{G}"})
    assert bench.place(anchor, last) == "a.tiny:f4 changed"


def test_an_anchor_from_a_merged_branch_is_followed(bench: TravelBench) -> None:
    start(bench)
    bench.git.git("switch", "-qc", "side")
    opened = bench.commit({"new.tiny": f"def i {LONG} {OTHER}\n"})
    bench.commit({"new.tiny": f"def j {LONG} {OTHER}\n"})
    bench.git.git("switch", "-q", "main")
    bench.commit({"b.tiny": "def x 1\n"})
    bench.git.git("merge", "-q", "--no-edit", "side")
    bench.git.git("mv", "new.tiny", "newer.tiny")
    target = bench.commit({})
    assert bench.place(bench.anchor(opened, "new.tiny", "i"), target) == "newer.tiny:j changed"


def test_an_older_state_and_another_branch_are_reached_by_what_they_have_in_common(
    bench: TravelBench,
) -> None:
    first = start(bench)
    bench.git.git("branch", "side")
    bench.commit({"a.tiny": f"def f2 {LONG}\n{G}"})
    opened = bench.commit({"a.tiny": f"def f3 {LONG} twice\n{G}"})
    anchor = bench.anchor(opened, "a.tiny", "f3")
    assert bench.place(anchor, first) == "a.tiny:f changed"
    bench.git.git("switch", "-q", "side")
    aside = bench.commit({"a.tiny": f"def side {LONG} at once\n{G}"})
    assert bench.place(anchor, aside) == "a.tiny:side changed"


def rebased(bench: TravelBench) -> tuple[bytes, bytes]:
    """Return a state with a new symbol, and what came of it by a rebase with an edit."""
    first = start(bench)
    bench.git.git("switch", "-qc", "side")
    opened = bench.commit({"new.tiny": f"def i {LONG} {OTHER}\ndef k {THIRD}\n"})
    bench.git.git("switch", "-q", "main")
    bench.git.git("branch", "-qD", "side")
    assert bench.git.head() == first.hex()
    bench.commit({"b.tiny": "def x 1\n"})
    target = bench.commit({"newer.tiny": f"def j {LONG} {OTHER} {LONG}\n", "other.tiny": G})
    return opened, target


def test_a_rebased_symbol_is_found_by_what_it_is_like(bench: TravelBench) -> None:
    opened, target = rebased(bench)
    kept = bench.anchor(opened, "new.tiny", "i")
    lost = bench.anchor(opened, "new.tiny", "k")
    assert bench.place(kept, target) == "newer.tiny:j changed"
    assert bench.place(lost, target) == "new.tiny:k orphaned"


def prune(bench: TravelBench) -> None:
    bench.git.git("reflog", "expire", "--expire=now", "--all")
    bench.git.git("gc", "-q", "--prune=now")


def test_when_the_state_is_gone_the_content_is_what_counts(bench: TravelBench) -> None:
    opened, target = rebased(bench)
    kept = bench.anchor(opened, "new.tiny", "i")
    lost = bench.anchor(opened, "new.tiny", "k")
    prune(bench)
    assert subprocess.run(
        ["git", "-C", bench.git.root, "cat-file", "-e", opened.hex()], check=False
    ).returncode
    assert bench.place(kept, target) == "newer.tiny:j changed"
    assert bench.place(lost, target) == "new.tiny:k orphaned"


def test_histories_that_have_nothing_in_common_are_compared_as_they_are(
    bench: TravelBench,
) -> None:
    opened = start(bench)
    bench.git.git("switch", "-q", "--orphan", "island")
    target = bench.commit({"b.tiny": f"def f9 {LONG}\n{H}"})
    assert bench.place(bench.anchor(opened, "a.tiny", "f"), target) == "b.tiny:f9 changed"
    assert bench.place(bench.anchor(opened, "a.tiny", "g"), target) == "a.tiny:g orphaned"


def test_a_shallow_clone_does_with_what_it_has(bench: TravelBench) -> None:
    opened = start(bench)
    anchor = bench.anchor(opened, "a.tiny", "f")
    bench.commit({"a.tiny": f"def f2 {LONG}\n{G}"})
    target = bench.commit({"b.tiny": "def x 1\n"})
    (bench.git.git_dir() / "shallow").write_text(f"{target.hex()}\n")
    prune(bench)
    assert bench.place(anchor, target) == "a.tiny:f2 changed"


@pytest.mark.parametrize("name", ["notes.txt", "a.tiny"])
def test_a_file_as_a_whole_travels_too(bench: TravelBench, name: str) -> None:
    text = "".join(f"// line {number} of many\n" for number in range(30))
    opened = bench.commit({name: text})
    anchor = bench.anchor(opened, name, name)
    assert bench.place(anchor, bench.commit({name: text + "// more\n"})) == f"{name}:{name} changed"
    bench.git.git("mv", name, "moved")
    assert bench.place(anchor, bench.commit({})) == "moved:moved changed"
    bench.commit({"moved": "nothing of it\n"})
    bench.git.git("mv", "moved", "again")
    assert bench.place(anchor, bench.commit({})) == "again:again changed"
    assert bench.place(anchor, bench.commit({"again": None})) == "again:again orphaned"
    assert bench.place(anchor, bench.commit({"copy": text})) == "copy:copy"
    assert bench.place(anchor, bench.commit({name: "new\n"})) == f"{name}:{name} changed"


def test_a_directory_and_a_symlink_in_the_place_of_a_file_orphan_its_symbols(
    bench: TravelBench,
) -> None:
    anchor = bench.anchor(start(bench), "a.tiny", "f")
    bench.git.git("rm", "-q", "a.tiny")
    assert bench.place(anchor, bench.commit({"a.tiny/in.txt": "1\n"})) == "a.tiny:f orphaned"
    bench.git.git("rm", "-qr", "a.tiny")
    (bench.git.root / "a.tiny").symlink_to("other.tiny")
    bench.git.git("add", "a.tiny")
    assert bench.place(anchor, bench.commit({})) == "a.tiny:f orphaned"


def test_what_was_found_once_is_not_looked_for_again(bench: TravelBench) -> None:
    anchor = bench.anchor(start(bench), "a.tiny", "f")
    target = bench.commit({"b.tiny": f"def f2 {LONG}\n", "a.tiny": G})
    assert bench.place(anchor, target) == "b.tiny:f2 changed"
    bench.outlined.clear()
    assert bench.place(anchor, target) == "b.tiny:f2 changed"
    assert [source.path for source in bench.outlined] == [b"a.tiny"]


def test_a_commit_of_thousands_of_files_is_looked_through_in_part(bench: TravelBench) -> None:
    opened = bench.commit({"zz.tiny": F + G})
    stream = [f"commit refs/heads/main\ncommitter A <a@b> 1 +0000\ndata 0\nfrom {opened.hex()}\n"]
    files = {f"b{number}.tiny": f"def i{number} {number}\n" for number in range(2_100)}
    for name, text in {**files, "aa.tiny": F, "zz.tiny": G}.items():
        stream.append(f"M 644 inline {name}\ndata {len(text)}\n{text}\n")
    bench.git.fast_import("".join(stream).encode())
    target = bytes.fromhex(bench.git.head())
    assert bench.place(bench.anchor(opened, "zz.tiny", "f"), target) == "aa.tiny:f"
    assert 2_000 <= len(bench.outlined) < 2_010


def test_many_anchors_are_placed_in_their_order(bench: TravelBench) -> None:
    opened = start(bench)
    anchors = [
        bench.anchor(opened, path, symbol)
        for path, symbol in (("other.tiny", "h"), ("a.tiny", "g"), ("a.tiny", "a.tiny"))
    ]
    target = bench.commit({"a.tiny": F})
    placements = bench.traveller.place([*anchors, *anchors], target)
    assert [told(each) for each in placements[:3]] == [
        "other.tiny:h",
        "a.tiny:g orphaned",
        "a.tiny:a.tiny changed",
    ]
    assert placements[3:] == placements[:3]
