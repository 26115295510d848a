"""A repository with a change that has everything a review can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from git_repository import GitRepository

from heddle_client.client import Client
from heddle_client.values import ContextAnnotationKind

NASTY: Final = '<img src=x onerror=alert(1)> & "quoted" \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe'
"""Text that would be markup, and would turn what follows, if it were let."""
_NASTY_PATH: Final = 'notes/<b> & "it\'s" \N{RIGHT-TO-LEFT OVERRIDE}fdp.md'

_ENGINE: Final = '''"""An engine of numbers."""

LIMIT = 10


class Engine:
    """Adds, and does nothing else."""

    def __init__(self, start: int = 0) -> None:
        self.total = start
        self.steps = []

    def add(self, number: int) -> int:
        self.total += number
        self.steps.append(number)
        return self.total

    def undo(self) -> int:
        self.total -= self.steps.pop()
        return self.total

    def plus(self, numbers: list[int]) -> int:
        for number in numbers:
            self.add(number)
        return self.total


def report(engine: Engine) -> str:
    steps = ", ".join(str(step) for step in engine.steps)
    return f"{engine.total} in {len(engine.steps)} steps: {steps}"


def halve(engine: Engine) -> None:
    engine.total //= 2
    engine.steps.append(-engine.total)
'''
_WALK: Final = '''def walk(tree: dict) -> list:
    """Return the names in a tree, parents first."""
    names = []
    for name, below in sorted(tree.items()):
        names.append(name)
        names.extend(walk(below))
    return names
'''
_TESTS: Final = """from engine import Engine


def test_adding():
    assert Engine().add(2) == 2


def test_undoing():
    engine = Engine()
    engine.add(2)
    assert engine.undo() == 0


def test_report():
    assert Engine().total == 0
"""
_JOINED: Final = """def joined(names):
    return SEPARATOR.join(names)
"""
_GUIDE: Final = "# Guide\n\nTurn it on.\n\nThen add numbers.\n\nThen stop.\n"
_SHAPE: Final = "export interface Shape {\n  area(): number;\n}\n"
_BEFORE: Final = {
    "src/engine.py": _ENGINE,
    "src/trees.py": f"SEPARATOR = '/'\n\n\n{_WALK}\n\n{_JOINED}",
    "src/paths.py": "ROOT = '/'\n",
    "src/shapes.ts": _SHAPE,
    "src/gone.py": "def one():\n    return 1\n\n\ndef two():\n    return one() + one()\n",
    "docs/guide.md": _GUIDE,
    "tests/test_engine.py": _TESTS,
    "Makefile.in": "all:\n\ttrue\n",
}
_CHECK: Final = """        if abs(number) > LIMIT:
            raise ValueError(number)
"""
_LONELY: Final = """

def lonely(numbers):
    while numbers:
        first, *numbers = numbers
        yield first ** 2 if first % 2 else -first
"""
_AFTER: Final = {
    "src/engine.py": _ENGINE.replace("LIMIT = 10", "LIMIT = 1_000")
    .replace("        self.total += number\n", f"{_CHECK}        self.total += number\n")
    .replace("def plus(", "def add_all(")
    .replace('    steps = ", "', '    # One after the other.\n    steps = ", "')
    .partition("\n\ndef halve")[0]
    + _LONELY,
    "src/trees.py": f"SEPARATOR = '/'\n\n\n{_JOINED}",
    "src/paths.py": f"ROOT = '/'\n\n\n{_WALK}",
    "src/shapes.ts": _SHAPE.replace("}", "  name: string;\n}\n\nexport enum Side { Left, Right }"),
    "src/broken.py": "def fine():\n    return 1\n\n\ndef broken(:\n    return ]\n",
    "docs/manual.md": _GUIDE.replace("Then stop.", "Then turn it off."),
    "tests/test_engine.py": _TESTS.replace("add(2) == 2", "add(3) == 3")
    + "\n\ndef test_limits():\n    assert Engine(5).total == 5\n",
    "Makefile.in": "all:\n\ttrue\n\nnone:\n\tfalse\n",
    _NASTY_PATH: "Nothing to see.\n",
}
_MESSAGE: Final = f"""Refuse numbers beyond the limit, and find walk() a better place

Numbers that no caller can mean used to be added like any other. They are now refused where they
come in, so that nothing behind it has to check.

walk() has nothing to do with trees any more; it lives with the paths.

{NASTY}

self-flag: [src/engine.py:Engine::add] not sure whether -LIMIT itself is to be refused
self-flag: [src/shapes.ts] copied from another project
self-flag: [src/paths.py:walk] recursion may be too deep
self-flag: [src/engine.py:lonely] written in a hurry
self-flag: nobody has tried this on Windows

Assisted-by: a model
"""
_CONFIG: Final = """[review.requirements]
min_signatures = 3
signed_by = ["grace@example.com"]
blocking_signals = ["novelty"]
"""


def make_history(root: Path) -> GitRepository:
    """Make the repository, as far as git has it, with its settings of reviews."""
    repository = GitRepository.init(root)
    repository.git("config", "user.name", "Ada")
    repository.git("config", "user.email", "ada@example.com")
    (root / ".heddle").mkdir(mode=0o700)
    (root / ".heddle" / "config.toml").write_text(_CONFIG)
    _write(repository, _BEFORE)
    (root / "logo.png").write_bytes(b"\x89PNG\0\1\2\3")
    repository.git("add", "logo.png")
    repository.commit("Add numbers")
    return repository


def talk_about(client: Client, repository: GitRepository) -> None:
    """Make the discussions, the change that they are about, and its signatures."""
    talk = client.discussions
    still_open = talk.open(
        "src/engine.py", "Engine::add", "Should this refuse anything?\n\nI think so."
    )
    talk.append(still_open.id, "Yes: what is beyond the limit.\n\n    if abs(number) > LIMIT: …\n")
    talk.append(still_open.id, NASTY)
    settled = talk.open("src/engine.py", "Engine::plus", "A poor name.", visibility="internal")
    invariant = talk.open("src/engine.py", "Engine", "What must hold here?")
    dropped = talk.open("src/shapes.ts", "Shape", "Why an interface?")
    talk.open("src/engine.py", "halve", "Does anybody call this?")
    talk.open("docs/guide.md", "docs/guide.md", "It does not say how to stop.")
    _change(repository)
    before = repository.head()
    talk.resolve_by_edit(settled.id, before)
    talk.resolve_into_annotation(
        invariant.id,
        ContextAnnotationKind.INVARIANT,
        "`total` is the sum of `steps`, always: whoever changes one changes the other.",
        ["enforces", "numbers"],
    )
    talk.dismiss(dropped.id, "It is what TypeScript calls it.")
    client.sign("HEAD", key=Ed25519PrivateKey.generate(), kind="agent_preview")
    repository.git("commit", "--quiet", "--amend", "-m", _MESSAGE + "Acked-by: Ada\n")
    scope = [("src/engine.py", "Engine::add"), ("src/paths.py", "walk")]
    client.sign(
        "HEAD",
        key=Ed25519PrivateKey.generate(),
        scope=scope,
        justification="Read twice.\nThe rest is not mine.",
    )


def merge_by_hand(repository: GitRepository) -> None:
    """Merge a branch, with a file that is as in none of the parents."""
    repository.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    repository.write("src/paths.py", "ROOT = '/'\nHOME = '~'\n")
    repository.commit("Know the home directory")
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-commit", "side", may_fail=True)
    repository.write("src/paths.py", f"ROOT = '/'\nHOME = '~'\n\n\n{_WALK}")
    repository.commit("Merge side")


def _change(repository: GitRepository) -> None:
    root = repository.root
    repository.git("mv", "docs/guide.md", "docs/manual.md")
    repository.git("rm", "--quiet", "src/gone.py")
    _write(repository, _AFTER)
    (root / "logo.png").write_bytes(b"\x89PNG\0\3\2\1\0")
    (root / "generated.py").write_text("x = 1\n" * 400_000)
    repository.git("add", "logo.png", "generated.py")
    repository.git("commit", "--quiet", "-m", _MESSAGE)


def _write(repository: GitRepository, files: dict[str, str]) -> None:
    for name, text in files.items():
        repository.write(name, text)
