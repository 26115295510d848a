"""Check of the configuration file: whether it can be read at all.

What its keys may be set to is known to the daemon alone, which says so where a key is used.
"""

from __future__ import annotations

from collections.abc import Iterator

from heddle_client.doctor.finding import Finding, failure, ok
from heddle_client.doctor.subject import Subject
from heddle_client.visible import visible


def check_configuration(subject: Subject) -> Iterator[Finding]:
    """Is the configuration, if there is one, TOML that this user can read?"""
    import tomllib

    path = subject.config.heddle_dir / "config.toml"
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        yield ok("configuration", "none; every setting has its default")
    except OSError as error:
        yield failure(
            "configuration",
            visible(f"{path} cannot be read: {error.strerror}"),
            "make it a file that this user may read, or remove it",
        )
    except ValueError as error:
        yield failure(
            "configuration",
            visible(f"{path} is not valid TOML: {error}"),
            "mend that line; see docs/reference/configuration.md",
        )
    else:
        yield ok("configuration", visible(str(path)))
