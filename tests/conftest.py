"""Fixtures: a proxy and a world for each test, and this project as pre-commit installs it."""

import datetime
import ipaddress
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.goproxy import GoProxy
from tests.support.world import World

HERE = Path(__file__).parents[1]

# Who starts the tests may ignore a signal (a shell's background does so with SIGINT, nohup with SIGHUP), and children
# inherit that; here every signal has its usual effect.
for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGTERM, signal.SIG_DFL),
    (getattr(signal, "SIGHUP", signal.SIGTERM), signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)


@pytest.fixture
def proxy() -> Iterator[GoProxy]:
    with GoProxy().running() as proxy:
        yield proxy


@pytest.fixture
def world(tmp_path: Path, proxy: GoProxy) -> World:
    if not shutil.which("go"):
        pytest.fail("the tests need go: run them with make test, which provides one")
    return World(tmp_path, proxy)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where pip reaches no package registry: pre-commit installs the hook's dependencies from there."""
    folder = str(tmp_path_factory.mktemp("pip"))
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "setuptools"]
    try:
        done = subprocess.run(pip, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("needs a package registry: pip got no answer")
    if done.returncode:
        pytest.skip(f"needs a package registry: {done.stderr.strip().splitlines()[-1]}")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which pre-commit keeps what it has installed, for all tests here."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def hooks(world: World, registry: None, store: Path) -> Path:
    """Return a repository with this project as it stands in the working tree."""
    world.env["PRE_COMMIT_HOME"] = str(store)
    del world.env["PYTHONPATH"]
    copy = store / "goproxy-check"
    if not copy.exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=HERE,
            capture_output=True,
            check=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (HERE / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(HERE / name, copy / name)
        world.git("init", "--quiet", cwd=copy)
        world.commit(copy, "as it stands")
    return copy


@pytest.fixture
def authority(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """Return the certificate of an authority of our own, and a server's context with one that it signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of a test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "authority.pem"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    both = tmp_path / "server.pem"
    both.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return pem, context
