"""`heddle sign`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.options import NoStart
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_message, print_result, reported_errors


class Kind(StrEnum):
    """How closely the signer looked, and who did the looking."""

    READ = "read"
    AGENT_PREVIEW = "agent-preview"
    AGENT_CO_REVIEW = "agent-co-review"


_State = Annotated[str, typer.Argument(metavar="[STATE]", help="A commit, as git names it.")]
_Kind = Annotated[Kind, typer.Option("--kind", help="What kind of review it was.")]
_Symbols = Annotated[
    list[str] | None,
    typer.Option(
        "--symbol",
        metavar="FILE:SYMBOL",
        help="Sign this symbol, not the whole change; FILE alone is the file as a whole.",
    ),
]
_Key = Annotated[
    Path | None,
    typer.Option(
        "--key", metavar="FILE", help="An SSH key, or an Ed25519, P-256 or RSA key in PEM."
    ),
]
_PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="Has the key's passphrase in its first line; /dev/fd/3 is descriptor 3.",
    ),
]
_Justification = Annotated[
    str, typer.Option("--message", "-m", help="Why, in words that are signed with it.")
]


def sign(
    context: typer.Context,
    state: _State = "HEAD",
    kind: _Kind = Kind.READ,
    symbols: _Symbols = None,
    key: _Key = None,
    passphrase_file: _PassphraseFile = None,
    justification: _Justification = "",
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Sign a state as reviewed.

    The key is the one that git signs with, if that is an SSH key (user.signingkey, where gpg.format
    is ssh), or else the first of ~/.ssh/id_ed25519, id_ecdsa, id_rsa and the security keys'.
    ssh-keygen signs with it, or the program that your own gpg.ssh.program names, so an agent and a
    security key work. A public key stands for one whose private half the agent has.

    A passphrase is asked for on the terminal, unless --passphrase-file has it.

    JSON KEYS. signature_id, state_id (hexadecimal).

    EXIT CODES. 0 signed; 1 no key, no such state or symbol, or the daemon has refused; 3 no daemon
    runs, with --no-start; 5 it does not answer; 124 not in time; 2 wrong usage.
    """
    from heddle_client.commands.options import open_client
    from heddle_client.passphrases import passphrase_in
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.rendering.words import short
    from heddle_client.signing_key import needs_touch, signing_key, ssh_program
    from heddle_client.symbol_names import file_and_symbol

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        scope = [file_and_symbol(each, client.repository) for each in symbols or ()]
        passphrase = None if passphrase_file is None else passphrase_in(passphrase_file)
        with signing_key(client.repository, key) as path:
            if needs_touch(path):
                print_message("touch the security key to sign")
            made = client.sign(
                state,
                key=path,
                kind=kind.value.replace("-", "_"),
                scope=scope or None,
                justification=justification,
                passphrase=passphrase,
                ssh_program=ssh_program(client.repository),
            )
        what = f"{len(scope)} of its symbols" if scope else "the whole change"
        print_result(
            f"heddle sign: {short(made.state_id)} signed as {kind.value}, {what} "
            f"({made.signature_id})",
            json_of(made),
            as_json=as_json,
        )
