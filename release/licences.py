"""Say under which licence each package of an environment is, and refuse what nobody has looked at.

`python release/licences.py PYTHON` reads the environment of that interpreter.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

# What heddle may depend on, in the words in which packages state it: identifiers of SPDX, and the
# last words of a classifier where a package has no identifier.
KNOWN: Final = {
    "3-Clause BSD License",
    "Apache Software License",
    "Apache-2.0",
    "Apache-2.0 OR BSD-3-Clause",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC License (ISCL)",
    "MIT",
    "MIT License",
    "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)",
    "PSF-2.0",
    "Python Software Foundation License",
}
# Looked at one by one: packages that state it in words of their own.
LOOKED_AT: Final = {
    "apsw": "any-OSI",  # its own text: any licence that the Open Source Initiative approves
    "pygit2": "GPLv2 with linking exception",  # so that what links with it need not be GPL
}
_READ: Final = """
import importlib.metadata, json
print(json.dumps({
    each.metadata["Name"]: [
        each.metadata.get("License-Expression"),
        *[c.split(" :: ")[-1] for c in each.metadata.get_all("Classifier", [])
          if c.startswith("License :: ")],
        each.metadata.get("License"),
    ]
    for each in importlib.metadata.distributions()
}))
"""


def main(python: str) -> int:
    """Print the licences; return 1 when one is unknown."""
    done = subprocess.run([python, "-I", "-c", _READ], check=True, stdout=subprocess.PIPE)
    stated: dict[str, list[str | None]] = json.loads(done.stdout)
    unknown = []
    for name in sorted(stated, key=str.lower):
        words = [word for word in stated[name] if word]
        licence = (words or ["states none"])[0].splitlines()[0]
        print(f"{name:<28} {licence}")
        if licence not in KNOWN and licence != LOOKED_AT.get(name.lower()):
            unknown.append(f"{name}: {licence}")
    if unknown:
        print("error: licences that nobody has looked at:", *unknown, sep="\n  ", file=sys.stderr)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
