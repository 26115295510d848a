"""Write the lower bounds of the project's own dependencies to a file, as constraints for pip.

`python release/lower_bounds.py constraints.txt && pip install -c constraints.txt .`
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

PYPROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"


def lower_bounds(pyproject: Path) -> Iterator[str]:
    """Yield one constraint for each dependency, those of extras too.

    Raises:
        SystemExit: a dependency has no lower bound, so nobody knows what it needs.
    """
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    for line in (*project["dependencies"], *(line for extra in extras for line in extra)):
        requirement = Requirement(line)
        bounds = [each.version for each in requirement.specifier if each.operator in (">=", "==")]
        if not bounds:
            sys.exit(f"error: the dependency {line!r} has no lower bound")
        marker = f"; {requirement.marker}" if requirement.marker else ""
        yield f"{requirement.name}=={bounds[0]}{marker}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("\n".join([*lower_bounds(PYPROJECT), ""]), "utf-8")
