"""What became of each mutant of a subject: kept in `build/mutation/`, and summed up."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from pathlib import Path

from tests.mutation.bench import Outcome, Verdict
from tests.mutation.mutants import Mutant
from tests.mutation.subjects import PROJECT, Subject

Key = tuple[str, str, str, str]


class Results:
    """The verdicts on a subject's mutants; written down as they come in."""

    def __init__(self, subject: Subject, equivalent: dict[Key, str]) -> None:
        self._subject = subject
        self._equivalent = equivalent
        self._path = PROJECT / "build" / "mutation" / f"{subject.name}.json"
        self._writing = threading.Lock()
        self.verdicts: dict[Key, Verdict] = {}

    @property
    def path(self) -> Path:
        return self._path

    def load(self) -> None:
        """Take the verdicts of the last run, if there was one."""
        if self._path.exists():
            for *key, outcome, test in json.loads(self._path.read_text("utf-8")):
                module, function, was, becomes = key
                verdict = Verdict(Outcome(outcome), test)
                self.verdicts[module, function, was, becomes] = verdict

    def note(self, mutant: Mutant, verdict: Verdict) -> None:
        """Keep a verdict."""
        with self._writing:
            self.verdicts[mutant.key] = verdict
            rows = [[*key, v.outcome.value, v.test] for key, v in self.verdicts.items()]
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(rows, indent=0), "utf-8")

    def check_explanations(self, mutants: list[Mutant]) -> None:
        """See to it that what is explained can happen.

        Raises:
            SystemExit: there is no such mutant.
        """
        stale = {key for key in self._equivalent if key[0] in self._subject.modules}
        for key in sorted(stale - {each.key for each in mutants}):
            sys.exit(f"error: equivalent.toml names what is no mutant: {key}")

    def is_done(self, mutant: Mutant) -> bool:
        """Return whether the mutant was found, or is known to change nothing."""
        verdict = self.verdicts.get(mutant.key)
        return mutant.key in self._equivalent or (
            verdict is not None and verdict.outcome is not Outcome.SURVIVED
        )

    def print(self, mutants: list[Mutant]) -> bool:
        """Print a table, and each survivor; return whether all survivors are explained."""
        print(f"\n{self._subject.name}")
        head = ("module", "mutants", "killed", "timeout", "equivalent", "survived", "score")
        print("{:<45}{:>8}{:>8}{:>8}{:>12}{:>10}{:>8}".format(*head))
        for module in self._subject.modules:
            self._print_row(module, [each for each in mutants if each.module == module])
        self._print_row("all", mutants)
        untried = [each for each in mutants if self._sort(each) == "untried"]
        if untried:
            print(f"{len(untried)} more were not tried")
        open_ones = [each for each in mutants if self._sort(each) == "survived"]
        for mutant in open_ones:
            print(f"survived: {mutant}")
        wrong = [each for each in mutants if self._sort(each) == "explained but found"]
        for mutant in wrong:
            print(f"equivalent.toml names what {self.verdicts[mutant.key].test} finds: {mutant}")
        return not (open_ones or wrong)

    def _sort(self, mutant: Mutant) -> str:
        verdict = self.verdicts.get(mutant.key)
        explained = mutant.key in self._equivalent
        if verdict is None:
            return "equivalent" if explained else "untried"
        if verdict.outcome is Outcome.SURVIVED:
            return "equivalent" if explained else "survived"
        return "explained but found" if explained else verdict.outcome.value

    def _print_row(self, name: str, mutants: list[Mutant]) -> None:
        count = Counter(self._sort(each) for each in mutants)
        found = count["killed"] + count["timeout"] + count["explained but found"]
        counted = found + count["survived"]
        score = f"{100 * found / counted:.1f} %" if counted else "-"
        print(
            f"{name:<45}{counted + count['equivalent']:>8}{found - count['timeout']:>8}"
            f"{count['timeout']:>8}{count['equivalent']:>12}{count['survived']:>10}{score:>8}"
        )
