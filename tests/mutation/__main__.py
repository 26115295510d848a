"""Change the code one place at a time and see whether its tests notice.

`python -m tests.mutation SUBJECT… [--again] [--only TEXT] [--jobs 2]`; the subjects are in
`subjects.toml`.
"""

from __future__ import annotations

import argparse
import os
import queue
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.mutation.bench import Bench, Outcome
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.results import Results
from tests.mutation.subjects import PROJECT, Subject, equivalents, subjects

# A mutant that only runs slowly, on a machine that does other things as well, is not found by that.
_TIMES_THE_BASELINE: Final = 10
_SECONDS_MIN: Final = 60.0


def main(arguments: list[str]) -> int:
    """Try the mutants of the subjects that are named; return the exit status."""
    known = subjects()
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("subjects", nargs="*", choices=[*known, []], metavar="SUBJECT")
    parser.add_argument(
        "--again", action="store_true", help="only what survived, or was not tried, last time"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="only mutants with this text")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="only N mutants, the same each time"
    )
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    parser.add_argument(
        "--report", action="store_true", help="print what the last runs have found, and try none"
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    options = parser.parse_args(arguments)
    os.nice(10)
    explained = True
    for name in options.subjects or known:
        subject = known[name]
        mutants = [
            mutant
            for module in subject.modules
            for mutant in mutants_of(module, (PROJECT / module).read_text("utf-8"))
        ]
        results = Results(subject, equivalents())
        results.check_explanations(mutants)
        if options.again or options.only or options.report:
            results.load()
        chosen = [
            each
            for each in mutants
            if options.only in str(each) and not (options.again and results.is_done(each))
        ]
        if options.sample is not None and options.sample < len(mutants):
            # In an order by chance: what was tried before a run was cut off is a sample too.
            mutants = random.Random(0).sample(mutants, options.sample)
            chosen = [each for each in mutants if each in chosen]
        if options.list:
            print(*chosen, sep="\n")
            continue
        if chosen and not options.report:
            _try_all(subject, chosen, results, options.jobs)
        explained = results.print(mutants) and explained
    return 0 if explained else 1


def _try_all(subject: Subject, mutants: list[Mutant], results: Results, jobs: int) -> None:
    """Try mutants, several at a time; those that take too long are tried once more, alone."""
    with tempfile.TemporaryDirectory(prefix="mutation-", ignore_cleanup_errors=True) as place:
        benches = [Bench(PROJECT, Path(place, str(number))) for number in range(jobs)]
        free: queue.Queue[Bench] = queue.Queue()
        with ThreadPoolExecutor(jobs) as pool:
            start = time.monotonic()
            reach, *_ = pool.map(lambda bench: bench.trace(subject), benches)
            seconds = time.monotonic() - start
            print(f"{subject.name}: {len(mutants)} mutants; the tests take {seconds:.1f} s")
            allowed = max(_SECONDS_MIN, _TIMES_THE_BASELINE * seconds)
            for bench in benches:
                free.put(bench)

            def attempt(mutant: Mutant) -> None:
                tests = reach.tests_for(mutant)
                bench = free.get()
                try:
                    verdict = bench.try_out(
                        mutant, subject.tests if tests is None else tests, allowed
                    )
                finally:
                    free.put(bench)
                results.note(mutant, verdict)
                print(f"{verdict.outcome.value}: {mutant}\n    {verdict.test}", flush=True)

            list(pool.map(attempt, mutants))
        for mutant in mutants:
            if results.verdicts[mutant.key].outcome is Outcome.TIMEOUT:
                verdict = benches[0].try_out(mutant, subject.tests, 2 * allowed)
                results.note(mutant, verdict)
        for bench in benches:
            bench.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
