"""Makes `heddle_api` and `heddle_client.values` from the `.proto` files beside this script.

    python protos/generate.py           write the packages
    python protos/generate.py --check   fail when a package is not what would be written

The whole of each package is generated: what the files here don't account for is removed from it.
The tools are those of the dependency group `protos`; other versions of them write other text.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PROTOS: Final = Path(__file__).resolve().parent
PROJECT: Final = PROTOS.parent
API: Final = Path("heddle_api")
VALUES: Final = Path("heddle_client", "values")

_STUB_PLUGIN: Final = Path(sysconfig.get_path("scripts")) / "protoc-gen-mypy_grpc"
_DESCRIPTORS: Final = "descriptors.bin"
_SERVICE: Final = re.compile(r"^service\b", re.MULTILINE)

# The descriptors are named after the .proto files (`heddle/v1/signal.proto`), the modules live in
# `heddle_api`, so that nobody else's `heddle` can shadow them.
_MODULE: Final = re.compile(
    r"""
    (?<=^from[ ])heddle(?=\.[\w.]+[ ]import\b)  # an import
    | \bheddle(?=[./][\w./]+_pb2)               # a module's own name or path
    """,
    re.MULTILINE | re.VERBOSE,
)

_DOCSTRINGS: Final = {
    ".": "The wire API of heddle as Python modules, all of them generated from `protos/`.",
    "local": "What is about the daemon itself, by version.",
    "local/v1": "Messages, stubs and servicers of the protobuf package `heddle.local.v1`.",
    "v1": "Messages, stubs and servicers of the protobuf package `heddle.v1`.",
}


def main(arguments: list[str] | None = None) -> int:
    """Write or check the packages; return the exit status."""
    parser = argparse.ArgumentParser(description="Generate heddle_api and heddle_client.values.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail on differences")
    options = parser.parse_args(arguments)
    packages = render()
    problems = []
    for package, expected in packages.items():
        found = read_package(PROJECT / package)
        if options.check:
            problems += [f"{package}: {each}" for each in differences(expected, found)]
        else:
            write_package(PROJECT / package, expected, stale=found.keys() - expected.keys())
    if problems:
        print("A package differs from what protos/ generates:", file=sys.stderr)
        print(*(f"  {problem}" for problem in problems), sep="\n", file=sys.stderr)
        print(
            "Run `python protos/generate.py` with the dependency group `protos` installed.",
            file=sys.stderr,
        )
    return 1 if problems else 0


def render() -> dict[Path, dict[Path, bytes]]:
    """Return the files of each package: the content of each by its path within the package.

    Raises:
        SystemExit: the tools are not installed, or protoc refuses the files; says why.
    """
    with tempfile.TemporaryDirectory() as directory:
        _run_protoc(Path(directory))
        root = Path(directory, "heddle")
        package = {
            path.relative_to(root): _MODULE.sub("heddle_api", path.read_text("utf-8")).encode()
            for path in sorted(root.rglob("*_pb2*"))
        }
        descriptors = Path(directory, _DESCRIPTORS).read_bytes()
    for room, docstring in _DOCSTRINGS.items():
        package[Path(room, "__init__.py")] = f'"""{docstring}"""\n'.encode()
    package[Path("py.typed")] = b""
    return {API: package, VALUES: _render_values(descriptors)}


def _render_values(descriptors: bytes) -> dict[Path, bytes]:
    # The neighbour is no part of any package.
    sys.path.insert(0, str(PROJECT))
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    from protos.values_source import ValuesSource

    return ValuesSource(FileDescriptorSet.FromString(descriptors)).render()


def _run_protoc(into: Path) -> None:
    """Run protoc over all files, and over those with services for the gRPC modules."""
    if importlib.util.find_spec("grpc_tools") is None or not _STUB_PLUGIN.exists():
        sys.exit("error: grpcio-tools or mypy-protobuf is missing: install dependency group protos")
    sources = sorted(PROTOS.rglob("*.proto"))
    services = [source for source in sources if _SERVICE.search(source.read_text("utf-8"))]
    described = [f"--descriptor_set_out={into / _DESCRIPTORS}", "--include_source_info"]
    for outputs, files in (
        ([f"--python_out={into}", f"--pyi_out={into}", *described], sources),
        ([f"--grpc_python_out={into}", f"--mypy_grpc_out=quiet:{into}"], services),
    ):
        protoc = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTOS}"]
        plugin = f"--plugin=protoc-gen-mypy_grpc={_STUB_PLUGIN}"
        if subprocess.run([*protoc, plugin, *outputs, *files], check=False).returncode:
            sys.exit("error: protoc failed; nothing was written")


def read_package(package: Path) -> dict[Path, bytes]:
    """Return the files of a package on disk in the form of `render`, compiled ones left out."""
    return {
        path.relative_to(package): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and path.parent.name != "__pycache__"
    }


def write_package(package: Path, files: Mapping[Path, bytes], *, stale: set[Path]) -> None:
    """Write `files` below `package` and remove `stale` ones from it."""
    for path, content in files.items():
        target = package / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for path in stale:
        (package / path).unlink()


def differences(expected: Mapping[Path, bytes], found: Mapping[Path, bytes]) -> list[str]:
    """Return one line for each file that is missing, changed, or not generated at all."""
    lines = []
    for path in sorted(expected.keys() | found.keys()):
        if path not in found:
            lines.append(f"missing: {path}")
        elif path not in expected:
            lines.append(f"not generated: {path}")
        elif expected[path] != found[path]:
            lines.append(f"differs: {path}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
