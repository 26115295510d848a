"""The arrows between the packages, and what the quick commands must not load."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).parents[1]
OURS: Final = ("heddle_api", "heddle_client", "heddle_mcp", "heddle_supervisor", "heddle_worker")
SHARED_WITH_WORKERS: Final = {
    "heddle_supervisor.worker_link",
    "heddle_supervisor.heartbeat",
    "heddle_supervisor.worker_settings",
    "heddle_supervisor.version",
}
SHARED_WITH: Final = {
    # It tells clients what the supervisor's status file says.
    "heddle_worker.services.daemon": {
        "heddle_supervisor.config",
        "heddle_supervisor.status_file",
    },
    # They are processes of their own kind, as the supervisor's workers are.
    "heddle_worker.hooks.keeper": {"heddle_supervisor.prctl"},
    "heddle_worker.hooks.warden": {"heddle_supervisor.prctl"},
    # It runs in the process of `heddle agent status --check`.
    "heddle_worker.serving.health_probe": {"heddle_supervisor.peer_credentials"},
}
SHARED_WITH_CLIENTS: Final = {
    "heddle_supervisor.config",
    "heddle_supervisor.console",
    "heddle_supervisor.errors",
    "heddle_supervisor.inspection",
    "heddle_supervisor.peer_credentials",
    "heddle_supervisor.repository_location",
    "heddle_supervisor.version",
}
SHARED_WITH_SOME_CLIENTS: Final = {
    # They look at a daemon's files as its supervisor does, to say what is wrong with them.
    "heddle_client.bug_report.bundle": {"heddle_supervisor.log_files"},
    "heddle_client.doctor.daemon_checks": {
        "heddle_supervisor.control",
        "heddle_supervisor.pidfile",
    },
    "heddle_client.doctor.places": {"heddle_supervisor.private_directory"},
    # It describes all commands.
    "heddle_client.man_pages": {"heddle_supervisor.cli"},
}
GRPC_AND_PROTOBUF: Final = ("grpc", "grpc_health", "grpc_reflection", "grpc_status", "google")


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the module that does it, what it imports, and whether only when it is called."""

    module: str
    imported: str
    line: int
    deferred: bool

    def is_of(self, *packages: str) -> bool:
        return any(self.imported == p or self.imported.startswith(f"{p}.") for p in packages)

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.imported}"


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _imports_below(node: ast.AST, module: str, *, deferred: bool = False) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if _is_for_types_only(child):
            continue
        if isinstance(child, ast.Import):
            names = [alias.name for alias in child.names]
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{module}:{child.lineno}: a relative import"
            assert child.module is not None
            names = [child.module, *(f"{child.module}.{alias.name}" for alias in child.names)]
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports_below(child, module, deferred=deferred or inside)
            continue
        for name in names:
            yield Import(module, name, child.lineno, deferred)


@functools.cache
def imports_of(package: str) -> list[Import]:
    """Return every import of a package's modules, or of one module's."""
    place = PROJECT.joinpath(*package.split("."))
    paths = [place.with_suffix(".py")] if place.with_suffix(".py").exists() else []
    paths += sorted(place.rglob("*.py"))
    assert paths, f"{package} is not there"
    found: list[Import] = []
    for path in paths:
        module = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        found += _imports_below(ast.parse(path.read_text(encoding="utf-8")), module)
    return found


def is_module(name: str) -> bool:
    place = PROJECT.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").exists()


def forbidden(package: str, *packages: str, deferred_too: bool = True) -> list[str]:
    """Return the imports that a package has of others which it must not know."""
    return [
        str(each)
        for each in imports_of(package)
        if each.is_of(*packages) and (deferred_too or not each.deferred)
    ]


def test_the_supervisor_loads_nothing_that_only_workers_need() -> None:
    others = ("heddle_worker", "heddle_api", "pygit2", "apsw", "sqlite3", *GRPC_AND_PROTOBUF)
    assert forbidden("heddle_supervisor", *others, deferred_too=False) == []


def test_the_supervisor_knows_no_grpc_git_or_sql_at_all() -> None:
    others = ("heddle_api", "pygit2", "apsw", "sqlite3", *GRPC_AND_PROTOBUF)
    assert forbidden("heddle_supervisor", *others) == []


def test_only_the_commands_hand_over_to_the_worker() -> None:
    handing_over = {
        each.module for each in imports_of("heddle_supervisor") if each.is_of("heddle_worker")
    }
    assert handing_over <= {
        "heddle_supervisor.daemon_process",
        "heddle_supervisor.commands.status",
    }


def test_the_worker_knows_of_the_supervisor_only_what_they_share() -> None:
    others = [
        str(each)
        for each in imports_of("heddle_worker")
        if each.is_of("heddle_supervisor")
        and is_module(each.imported)
        and each.imported != "heddle_supervisor"
        and each.imported not in SHARED_WITH_WORKERS | SHARED_WITH.get(each.module, set())
    ]
    assert others == []


def test_the_interface_knows_none_of_the_others() -> None:
    assert forbidden("heddle_api", "heddle_client", "heddle_supervisor", "heddle_worker") == []


def test_clients_know_no_worker_and_nobody_knows_clients() -> None:
    assert forbidden("heddle_client", "heddle_worker", "pygit2", "apsw") == []
    users = {each.module for each in imports_of("heddle_client") if each.is_of("sqlite3")}
    # It looks into a store whose daemon may be unable to run.
    assert users == {"heddle_client.doctor.store"}
    assert forbidden("heddle_supervisor", "heddle_client") == []
    assert forbidden("heddle_worker", "heddle_client") == []


# What the SDK of the Model Context Protocol is, and what comes with it.
MCP_SDK: Final = (
    "anyio",
    "httpx",
    "httpx2",
    "mcp",
    "mcp_types",
    "pydantic",
    "pydantic_core",
    "starlette",
    "uvicorn",
)


def test_only_the_bridge_to_agents_knows_the_protocol_of_agents() -> None:
    for package in OURS:
        if package != "heddle_mcp":
            assert forbidden(package, *MCP_SDK) == []
    users = {
        each.module
        for package in OURS
        for each in imports_of(package)
        if package != "heddle_mcp" and each.is_of("heddle_mcp")
    }
    assert users == {"heddle_client.commands.mcp"}


def test_the_bridge_to_agents_is_a_client_like_any_other() -> None:
    others = ("heddle_api", "heddle_worker", "pygit2", "apsw", "sqlite3", *GRPC_AND_PROTOBUF)
    assert forbidden("heddle_mcp", *others) == []
    assert [
        str(each)
        for each in imports_of("heddle_mcp")
        if each.is_of("heddle_supervisor")
        and is_module(each.imported)
        and each.imported not in SHARED_WITH_CLIENTS | {"heddle_supervisor.version"}
    ] == []


def test_clients_know_of_the_supervisor_only_where_a_daemon_is_and_how_commands_speak() -> None:
    commands = {"heddle_supervisor.commands.options", "heddle_supervisor.lazy_group"}
    others = [
        str(each)
        for each in imports_of("heddle_client")
        if each.is_of("heddle_supervisor")
        and is_module(each.imported)
        and each.imported
        not in SHARED_WITH_CLIENTS | SHARED_WITH_SOME_CLIENTS.get(each.module, set())
        and not (each.module.startswith("heddle_client.commands.") and each.imported in commands)
    ]
    assert others == []


def test_rendering_knows_nothing_but_values() -> None:
    room = "heddle_client.rendering"
    asking = ("heddle_client.client", "heddle_client.caller", "heddle_client.quick_client")
    outside = ("heddle_api", "heddle_client.commands", "subprocess", "socket", *asking)
    assert forbidden(room, *outside, *GRPC_AND_PROTOBUF) == []


def test_what_a_shim_runs_loads_next_to_nothing() -> None:
    """A commit waits for each of its hooks."""
    loaded = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            "import sys; before = set(sys.modules); import heddle_client.hook_run, "
            "heddle_client.swift_call; print(*sorted(set(sys.modules) - before))",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    expensive = {*HEAVY, "pathlib", "socket", "re", "typing_extensions", "json", "subprocess"}
    assert set(loaded) & expensive == set()


@pytest.mark.parametrize("names", ["heddle_client", "heddle_client, heddle_client.errors"])
def test_the_library_and_its_errors_load_nothing_heavy(names: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, {names}; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert set(loaded) & {*HEAVY, "subprocess", "socket", "heddle_client.client"} == set()


def test_what_is_called_and_when_again_is_known_without_grpc() -> None:
    for module in ("requests", "values", "calls", "patience", "errors", "finding", "session"):
        assert forbidden(f"heddle_client.{module}", "grpc", "grpc_status", "asyncio") == []


def test_a_review_loads_nothing_of_the_other_services() -> None:
    program = "import sys, heddle_client.client, heddle_client.requests.reviews"
    loaded = subprocess.run(
        [sys.executable, "-c", f"{program}; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    others = {"hook", "discussion", "transaction", "snapshot", "operation_log", "signal"}
    assert {f"heddle_client.values.{name}" for name in others} & set(loaded) == set()


@pytest.mark.parametrize(
    "domain",
    [
        "store",
        "repository",
        "snapshots",
        "symbols",
        "review",
        "signals",
        "discussions",
        "signing",
        "watching",
        "streams",
    ],
)
def test_the_domain_knows_no_protocol(domain: str) -> None:
    protocol = ("heddle_api", "heddle_worker.services", "heddle_supervisor", *GRPC_AND_PROTOBUF)
    assert forbidden(f"heddle_worker.{domain}", *protocol) == []


def test_hooks_know_no_protocol() -> None:
    protocol = ("heddle_api", "heddle_worker.services", *GRPC_AND_PROTOBUF)
    assert forbidden("heddle_worker.hooks", *protocol) == []


def test_what_starts_commands_is_small() -> None:
    """Each command costs a fork of it."""
    program = "import sys; sys.path.insert(0, sys.argv[1]); import heddle_worker.hooks.keeper"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{program}; print(*sys.modules)", PROJECT],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(done.stdout.split())
    assert "heddle_worker.hooks.warden" in loaded
    heavy = (set(HEAVY) - {"heddle_worker"}) | {"subprocess", "inspect", "pathlib", "typer"}
    assert loaded & heavy == set()


def test_the_store_knows_no_git() -> None:
    rooms = ("heddle_worker.repository", "heddle_worker.snapshots")
    assert forbidden("heddle_worker.store", "pygit2", "dulwich", *rooms) == []


@pytest.mark.parametrize("room", ["repository", "snapshots"])
def test_what_knows_git_knows_no_sql(room: str) -> None:
    assert forbidden(f"heddle_worker.{room}", "apsw", "sqlite3", "heddle_worker.store") == []


def test_the_repository_knows_nothing_that_is_built_on_it() -> None:
    rooms = ("snapshots", "watching", "streams", "hooks", "discussions", "review", "signals")
    assert forbidden("heddle_worker.repository", *(f"heddle_worker.{room}" for room in rooms)) == []


def test_what_became_of_code_is_found_out_without_git_and_sql() -> None:
    others = ("pygit2", "apsw", "sqlite3", "heddle_worker.store", "heddle_worker.discussions")
    values = ("heddle_worker.store.cache", "heddle_worker.repository.diff")
    found = [
        str(each)
        for each in imports_of("heddle_worker.review")
        if each.is_of(*others) and not each.is_of(*values)
    ]
    assert found == []


def test_one_room_of_the_worker_knows_grpc() -> None:
    users = {
        each.module for each in imports_of("heddle_worker") if each.is_of(*GRPC_AND_PROTOBUF[:4])
    }
    assert {module.rpartition(".")[0] for module in users} == {"heddle_worker.serving"}


def test_a_servicer_knows_no_sql() -> None:
    assert forbidden("heddle_worker.services", "apsw", "sqlite3") == []


def test_only_the_repository_knows_libgit2() -> None:
    users = {each.module for each in imports_of("heddle_worker") if each.is_of("pygit2")}
    assert {user for user in users if not user.startswith("heddle_worker.repository.")} == set()


def test_only_parser_processes_load_a_parser() -> None:
    users = {each.module for each in imports_of("heddle_worker") if each.is_of("tree_sitter")}
    loading = {
        each.module
        for each in imports_of("heddle_worker")
        if any(each.is_of(user) for user in users) and not each.deferred
    }
    assert users == {
        f"heddle_worker.symbols.{name}" for name in ("extraction", "grammar", "pieces", "trees")
    }
    assert loading == {"heddle_worker.symbols.extraction"}


def test_nothing_of_ours_is_imported_by_a_star() -> None:
    stars = [str(e) for package in OURS for e in imports_of(package) if e.imported.endswith(".*")]
    assert stars == []


# What a quick command must not have loaded when it is done.
HEAVY: Final = (
    "grpc",
    "google.protobuf",
    "pygit2",
    "apsw",
    "asyncio",
    "pydantic",
    "rich",
    "filelock",
    "heddle_api",
    "heddle_worker",
    "importlib.metadata",
)
_RUN_AND_TELL: Final = """
import sys
from heddle_supervisor.cli import main
sys.argv = ["heddle", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    print(*sorted(sys.modules), file=sys.stderr)
    sys.exit(end.code)
"""


@pytest.mark.parametrize(
    "words", [["agent", "status"], ["agent", "status", "--json"], ["agent", "stop"], ["--version"]]
)
def test_a_quick_command_loads_nothing_heavy(tmp_path: Path, words: list[str]) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    done = subprocess.run(
        [sys.executable, "-c", _RUN_AND_TELL, *words],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 3), done.stderr
    loaded = set(done.stderr.split())
    assert "heddle_supervisor.cli" in loaded
    assert loaded & set(HEAVY) == set()
