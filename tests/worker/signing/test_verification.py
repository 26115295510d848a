"""Signatures of the real tools are accepted, and nothing that only looks like one."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from signers import (
    SecurityKey,
    Signer,
    armored,
    disarmored,
    ed25519_signer,
    needs_openssl,
    needs_ssh_keygen,
    openssl_signer,
    p256_signer,
    rsa_signer,
    run,
    ssh_signer,
)

from heddle_worker.failures import InvalidRequestError
from heddle_worker.limits import MAX_PUBLIC_KEY_BYTES, MAX_SIGNATURE_BYTES
from heddle_worker.signing.verification import ALGORITHMS, Signed, verify

PAYLOAD = b"what is signed \0 and more"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def check(signer: Signer, payload: bytes = PAYLOAD) -> bytes:
    """Verify a signature of this payload; return what identifies the key."""
    return verify(Signed(signer.algorithm, signer.public_key, signer.sign(PAYLOAD)), payload)


def refused(field: str, text: str, algorithm: str, public_key: bytes, signature: bytes) -> None:
    """Make sure that a signature is refused for what is wrong with it, in one line."""
    with pytest.raises(InvalidRequestError, match=re.escape(text)) as caught:
        verify(Signed(algorithm, public_key, signature), PAYLOAD)
    assert caught.value.violations[0].field == field
    assert "\n" not in str(caught.value)


SIGNERS: dict[str, Callable[[], Signer]] = {
    "ed25519": ed25519_signer,
    "p256": p256_signer,
    "p256-compressed-raw": lambda: p256_signer(compressed=True, raw=True),
    "rsa": rsa_signer,
    "rsa-pss": lambda: rsa_signer("rsa-pss", 3072),
    "ssh-sk-ed25519": lambda: SecurityKey().signer(),
    "ssh-sk-ecdsa": lambda: SecurityKey(elliptic=True).signer(),
}


@pytest.fixture(scope="module", params=SIGNERS)
def signer(request: pytest.FixtureRequest) -> Signer:
    """A key of each algorithm."""
    return SIGNERS[request.param]()


def test_what_was_signed_verifies(signer: Signer) -> None:
    assert check(signer) == check(signer)
    assert len(check(signer)) == 32


def test_the_case_of_an_algorithm_does_not_matter(signer: Signer) -> None:
    upper = Signer(signer.algorithm.upper(), signer.public_key, signer.sign)
    assert check(upper) == check(signer)


def test_other_bytes_do_not_verify(signer: Signer) -> None:
    with pytest.raises(InvalidRequestError, match="does not verify"):
        check(signer, PAYLOAD + b"\0")


@needs_openssl
@pytest.mark.parametrize("algorithm", ["ed25519", "p256", "rsa", "rsa-pss"])
def test_signatures_of_openssl_verify(tmp_path: Path, algorithm: str) -> None:
    check(openssl_signer(tmp_path, algorithm))


@needs_ssh_keygen
@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
@pytest.mark.parametrize(
    ("key_type", "bits"),
    [("ed25519", 0), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521), ("rsa", 2048), ("rsa", 3072)],
)
def test_signatures_of_ssh_keygen_verify(
    tmp_path: Path, key_type: str, bits: int, hash_name: str
) -> None:
    check(ssh_signer(tmp_path, key_type, bits, hash_name))


@needs_ssh_keygen
@pytest.mark.parametrize("elliptic", [False, True])
def test_ssh_keygen_accepts_the_security_keys_that_the_tests_make(
    tmp_path: Path, elliptic: bool
) -> None:
    signer = SecurityKey(elliptic=elliptic).signer()
    signature, allowed = tmp_path / "signature", tmp_path / "allowed"
    signature.write_bytes(signer.sign(PAYLOAD))
    allowed.write_bytes(b"ada@example.com " + signer.public_key)
    options = ("-I", "ada@example.com", "-n", "heddle-review", "-f", allowed, "-s", signature)
    run("ssh-keygen", "-Y", "verify", *options, given=PAYLOAD)


def test_a_key_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    points = [
        key.public_key().public_bytes(Encoding.X962, form)
        for form in (PublicFormat.CompressedPoint, PublicFormat.UncompressedPoint)
    ]
    from cryptography.hazmat.primitives.hashes import SHA256

    der = key.sign(PAYLOAD, ec.ECDSA(SHA256()))
    raw = b"".join(number.to_bytes(32) for number in decode_dss_signature(der))
    ids = {
        verify(Signed(algorithm, point, signature), PAYLOAD)
        for algorithm in ("p256", "ecdsa-p256")
        for point in points
        for signature in (der, raw)
    }
    assert len(ids) == 1


@needs_ssh_keygen
def test_a_key_of_ssh_is_the_same_as_its_plain_one(tmp_path: Path) -> None:
    ssh = ssh_signer(tmp_path)
    private = (tmp_path / "id_ed25519_0").read_bytes()
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    key = load_ssh_private_key(private, None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    plain = Signer(
        "ed25519", key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), key.sign
    )
    assert check(ssh) == check(plain)


def test_the_other_signature_of_a_pair_of_ecdsa_counts_as_made_by_the_same_key() -> None:
    signer = p256_signer()
    r, s = decode_dss_signature(signer.sign(PAYLOAD))
    twin = encode_dss_signature(r, P256_ORDER - s)
    assert verify(Signed("p256", signer.public_key, twin), PAYLOAD) == check(signer)


def test_an_unknown_algorithm_is_named() -> None:
    refused("algorithm", "'dsa' is none of ed25519, p256", "dsa", b"k", b"s")
    assert "ed448" not in ALGORITHMS


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_is_too_long_is_refused_unread(algorithm: str) -> None:
    refused("public_key", "longer than", algorithm, b"k" * (MAX_PUBLIC_KEY_BYTES + 1), b"s")
    refused("signature", "longer than", algorithm, b"k", b"s" * (MAX_SIGNATURE_BYTES + 1))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("junk", [b"\0", b"\xff" * 32, b"\xff" * 65, b"-----BEGIN", b"a b"])
def test_junk_for_a_key_is_the_keys_fault(algorithm: str, junk: bytes) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        verify(Signed(algorithm, junk, b"s" * 64), PAYLOAD)
    assert caught.value.violations[0].field == "public_key"


def test_ed25519_keys_of_small_order_are_refused() -> None:
    prime = 2**255 - 19
    # Doubled three times they are the neutral point: 2y^2 = 1 - dy^4.
    d = -121665 * pow(121666, -1, prime) % prime
    eighth = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    assert (2 * eighth**2 - 1 + d * eighth**4) % prime == 0
    for y in (0, 1, prime - 1, eighth, prime - eighth):
        for sign in (0, 1 << 255):
            refused("public_key", "small order", "ed25519", (y | sign).to_bytes(32, "little"), b"")
    for y in (prime, prime + 1, 2**255 - 1):
        refused("public_key", "not a point", "ed25519", y.to_bytes(32, "little"), b"")


def test_ed25519_signatures_have_one_form() -> None:
    signer = ed25519_signer()
    signature = signer.sign(PAYLOAD)
    order = 2**252 + 27742317777372353535851937790883648493
    greater = int.from_bytes(signature[32:], "little") + order
    other = signature[:32] + greater.to_bytes(32, "little")
    refused("signature", "does not verify", "ed25519", signer.public_key, other)
    refused("signature", "64 bytes", "ed25519", signer.public_key, signature + b"\0")
    refused("signature", "64 bytes", "ed25519", signer.public_key, signature[:-1])


def test_p256_points_have_to_be_on_the_curve() -> None:
    signature = p256_signer().sign(PAYLOAD)
    other_curve = ec.generate_private_key(ec.SECP384R1()).public_key()
    point = other_curve.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    koblitz = ec.generate_private_key(ec.SECP256K1()).public_key()
    koblitz_point = koblitz.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    refused("public_key", "infinity", "p256", b"\0", signature)
    refused("public_key", "not a SEC1 point of secp256r1", "p256", point, signature)
    refused("public_key", "not on the curve", "p256", koblitz_point, signature)
    refused("public_key", "not on the curve", "p256", b"\4" + b"\0" * 64, signature)
    good = p256_signer().public_key
    hybrid = bytes([6 + good[-1] % 2]) + good[1:]
    refused("public_key", "not a SEC1 point", "p256", hybrid, signature)
    refused("public_key", "not a SEC1 point", "p256", good + b"\0", signature)


def test_ecdsa_signatures_have_one_form_in_der() -> None:
    signer = p256_signer()
    signature = signer.sign(PAYLOAD)
    r, s = decode_dss_signature(signature)
    zero = encode_dss_signature(0, s)
    above = encode_dss_signature(r, s + P256_ORDER)
    # The sequence's length in two bytes instead of one.
    longer = signature[:1] + b"\x81" + signature[1:]
    for other in (signature + b"\0", longer, signature[:-1], b"", b"\x30\x00", signature * 2):
        refused("signature", "in DER", "p256", signer.public_key, other)
    for other in (zero, above, encode_dss_signature(r, 0), b"\0" * 64, b"\xff" * 64):
        refused("signature", "does not verify", "p256", signer.public_key, other)


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_rsa_keys_have_a_sane_size_and_exponent() -> None:
    small = rsa.generate_private_key(65537, 1024).public_key()
    refused("public_key", "1024 bits; 2048 to 16384", "rsa", pem(small), b"s" * 128)
    modulus = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    large = rsa.RSAPublicNumbers(2**32 + 1, modulus).public_key()
    refused("public_key", "exponent", "rsa", pem(large), b"s" * 256)
    huge = rsa.RSAPublicNumbers(65537, (1 << 16_400) + 1).public_key()
    refused("public_key", "16401 bits", "rsa-pss", pem(huge), b"s" * 2051)
    refused(
        "public_key",
        "not RSA",
        "rsa",
        pem(ec.generate_private_key(ec.SECP256R1()).public_key()),
        b"s",
    )


def test_a_pem_is_nothing_but_the_key() -> None:
    signer = rsa_signer()
    good, signature = signer.public_key, signer.sign(PAYLOAD)
    for accepted in (good, good.removesuffix(b"\n"), good.replace(b"\n", b"\r\n")):
        verify(Signed("rsa", accepted, signature), PAYLOAD)
    lines = good.split(b"\n")
    joined = b"\n".join((lines[0], b"".join(lines[1:-2]), lines[-2]))
    for other in (b"a comment\n" + good, good + b"\n", good + good, joined):
        refused("public_key", "not just one", "rsa", other, signature)


def test_rsa_signatures_are_as_long_as_the_key() -> None:
    for algorithm in ("rsa", "rsa-pss"):
        signer = rsa_signer(algorithm)
        signature = signer.sign(PAYLOAD)
        for other in (b"\0" + signature, signature[:-1], b""):
            refused("signature", "256 bytes", algorithm, signer.public_key, other)
        refused("signature", "does not verify", algorithm, signer.public_key, b"\xff" * 256)
        refused("signature", "does not verify", algorithm, signer.public_key, b"\0" * 256)
        swapped = {"rsa": "rsa-pss", "rsa-pss": "rsa"}[algorithm]
        refused("signature", "does not verify", swapped, signer.public_key, signature)


@needs_ssh_keygen
def test_an_ssh_signature_is_for_this_namespace_and_this_key(tmp_path: Path) -> None:
    good = ssh_signer(tmp_path)
    foreign = ssh_signer(tmp_path, namespace="git")
    refused(
        "signature", "namespace 'git'; sign with", "ssh", good.public_key, foreign.sign(PAYLOAD)
    )
    other = ssh_signer(tmp_path, "ecdsa", 256)
    refused("signature", "another key", "ssh", other.public_key, good.sign(PAYLOAD))


@needs_ssh_keygen
def test_an_ssh_key_may_have_a_comment_and_nothing_else(tmp_path: Path) -> None:
    signer = ssh_signer(tmp_path)
    line, signature = signer.public_key.strip(), signer.sign(PAYLOAD)
    for accepted in (line, line + b"\n", line + b"\r\n", line + b" ada at home"):
        verify(Signed("ssh", accepted, signature), PAYLOAD)
    key_type, blob = line.split(b" ")
    longer = base64.b64encode(base64.b64decode(blob) + b"\0")
    for text, other in (
        ("one line", key_type),
        ("one line", line + b"\n" + line),
        ("not base64", b"no-pty " + line),
        ("not base64", key_type + b"  " + blob),
        ("not base64", key_type + b" " + blob + b"="),
        ("something follows", key_type + b" " + longer),
        ("ends too early", key_type + b" " + blob[:-8]),
        ("the key is 'ssh-ed25519'", b"ssh-rsa " + blob),
        ("a key of type 'ssh-dss'", b"ssh-dss AAAAB3NzaC1kc3M="),
    ):
        refused("public_key", text, "ssh", other, signature)


@needs_ssh_keygen
def test_an_armor_has_one_form_but_for_the_length_of_its_lines(tmp_path: Path) -> None:
    signer = ssh_signer(tmp_path)
    good = signer.sign(PAYLOAD)
    blob = disarmored(good)
    for width in (64, 70, 76):
        verify(Signed("ssh", signer.public_key, armored(blob, width)), PAYLOAD)
    verify(Signed("ssh", signer.public_key, good.replace(b"\n", b"\r\n")), PAYLOAD)
    lines = good.split(b"\n")
    uneven = b"\n".join((*lines[:2], lines[2][:9], lines[2][9:], *lines[3:]))
    for text, other in (
        ("all between", b"\n" + good),
        ("all between", good + b"\n"),
        ("all between", b"x" + good),
        ("all between", good.replace(b"END", b"AND")),
        ("of one length", uneven),
        ("of one length", armored(blob, 80)),
        ("not base64", good.replace(lines[2], b"!" + lines[2][1:])),
        ("something follows", armored(blob + b"\0")),
        ("ends too early", armored(blob[:-1])),
        ("version 1", armored(blob.replace(b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2"))),
    ):
        refused("signature", text, "ssh", signer.public_key, other)


@needs_ssh_keygen
def test_an_ssh_signature_is_of_a_current_algorithm(tmp_path: Path) -> None:
    signer = ssh_signer(tmp_path, "rsa", 2048, "sha256")
    blob = disarmored(signer.sign(PAYLOAD))
    old = blob.replace(b"\0\0\0\x0crsa-sha2-512", b"\0\0\0\x07ssh-rsa")
    # The string around it has become 5 bytes shorter.
    whole = blob[blob.rindex(b"\0\0\0\x0crsa-sha2-512") - 4 :]
    old = old.replace(whole[:4], (int.from_bytes(whole[:4]) - 5).to_bytes(4))
    refused("signature", "made with 'ssh-rsa'", "ssh", signer.public_key, armored(old))


@given(st.sampled_from(ALGORITHMS), st.binary(max_size=80), st.binary(max_size=80))
def test_nothing_fails_in_another_way(algorithm: str, key: bytes, signature: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        verify(Signed(algorithm, key, signature), PAYLOAD)


@given(st.binary(max_size=120))
def test_no_key_blob_and_no_signature_blob_fails_in_another_way(blob: bytes) -> None:
    signer = SecurityKey().signer()
    line = signer.public_key.split(b" ")[0] + b" " + base64.b64encode(blob)
    start = base64.b64decode(signer.public_key.split(b" ")[1])[:60]
    signed = b"SSHSIG\0\0\0\1" + len(start).to_bytes(4) + start + blob
    for key, signature in ((line, b""), (signer.public_key, armored(signed))):
        with pytest.raises(InvalidRequestError):
            verify(Signed("ssh", key, signature), PAYLOAD)


def test_a_worker_loads_no_cryptography_before_the_first_signature() -> None:
    program = (
        "import sys, heddle_worker.main, heddle_worker.services.catalogue\n"
        "from heddle_worker.signing.verification import verify\n"
        "assert not [name for name in sys.modules if name.startswith('cryptography')]\n"
    )
    run(sys.executable, "-c", program)


@pytest.mark.parametrize("elliptic", [False, True])
def test_a_security_key_signs_in_its_users_presence(elliptic: bool) -> None:
    absent = SecurityKey(elliptic=elliptic, flags=0).signer()
    refused("signature", "presence", "ssh", absent.public_key, absent.sign(PAYLOAD))
