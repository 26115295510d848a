"""The generated pages are what the code says, and tell of everything that there is."""

from __future__ import annotations

import json

import generate_reference
from documents import DOCS, PROJECT
from generators import markdown
from generators.cli import commands

from heddle_worker.hooks.events import EVENTS
from heddle_worker.hooks.schemas import payload_schema
from heddle_worker.signals.modules import MODULES


def test_the_reference_is_what_the_code_says() -> None:
    stale = generate_reference.stale()
    assert not stale, "run `python docs/generate_reference.py`"


def test_every_command_has_a_section() -> None:
    text = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    for name in commands():
        assert f"# {name}\n" in text


def test_every_method_that_is_served_has_a_row() -> None:
    text = (DOCS / "reference" / "rpc.md").read_text(encoding="utf-8")
    protos = "".join(path.read_text("utf-8") for path in (PROJECT / "protos").rglob("*.proto"))
    methods = [line.split("(")[0].split()[1] for line in protos.splitlines() if "rpc " in line]
    assert len(methods) > 25
    for method in methods:
        assert f"| `{method}` |" in text


def test_every_event_of_hooks_has_a_row_with_its_payload() -> None:
    text = (DOCS / "reference" / "hooks.md").read_text(encoding="utf-8")
    for event in EVENTS:
        payload = ", ".join(f"`{name}`" for name in json.loads(payload_schema(event))["properties"])
        assert f"| `{event}` | {payload} |" in text


def test_every_module_of_signals_has_a_row_in_its_rank() -> None:
    text = (DOCS / "signals.md").read_text(encoding="utf-8")
    for rank, module in enumerate(MODULES):
        assert f"| {rank} | `{module.kind}` | `{module.name}` |" in text
        assert f"**{module.kind}.**" in text


def test_text_is_shown_as_it_is() -> None:
    assert markdown.plain("a_b *c* <d> `e_f`") == r"a\_b \*c\* \<d\> `e_f`"
    assert markdown.size(4 * 1024 * 1024) == "4 MiB"
    assert markdown.size(1_000) == "1,000 bytes"


def test_the_attributes_of_a_class_are_found() -> None:
    class Documented:
        """Something.

        Attributes:
            one: first,
                and more.
            two: second.
        """

    assert markdown.attributes(Documented) == {"one": "first, and more.", "two": "second."}


def test_pages_say_that_they_are_generated() -> None:
    for name in generate_reference.PAGES:
        first = (PROJECT / name).read_text("utf-8").splitlines()[0]
        assert "generate_reference.py" in first
