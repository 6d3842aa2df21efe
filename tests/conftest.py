"""Fixtures: a proxy and a world for each test, and what is built once for all of them. Which tests are quick."""

import configparser
import datetime
import ipaddress
import os
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support import quick, xmod
from tests.support.goproxy import GoProxy
from tests.support.shared import made_once
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


# git and Go write many small files: in memory, where there is enough of it, and programs may be started from there.
with suppress(OSError):
    _memory = os.statvfs("/dev/shm")
    if _memory.f_bavail * _memory.f_frsize > 4 << 30 and not _memory.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("TMPDIR", "/dev/shm")


# A test that takes one of these, itself or through another fixture, starts a program or a server; all others are quick.
STARTERS = {"proxy", "world", "go_program", "x_mod", "registry"}
quick.install()


@pytest.hookimpl(tryfirst=True)  # before -m quick chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = STARTERS.intersection(getattr(item, "fixturenames", ()))
        if not fixtures and not item.get_closest_marker("starts_programs"):
            item.add_marker("quick")
    # What takes long comes first: at the end, the other workers would have nothing left to do beside it.
    items.sort(key=lambda item: not any(item.iter_markers("long")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with quick.watched() if item.get_closest_marker("quick") else nullcontext():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with quick.watched() if item.get_closest_marker("quick") else nullcontext():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    world = getattr(item, "funcargs", {}).get("world")
    if report.failed and world and world.root.is_dir():  # it is gone if only the end of a fixture failed
        report.sections.append(("the world of this test", world.described()))
    return report


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
def go_program(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that builds a program of tests/support/go and returns its path."""

    def build(name: str) -> Path:
        folder = made_once(tmp_path_factory, f"go-{name}", lambda folder: xmod.build(name, folder))
        return folder / f"{name}.exe"

    return build


@pytest.fixture(scope="session")
def x_mod(go_program: Callable[[str], Path]) -> Iterator[xmod.XMod]:
    asked = xmod.XMod(go_program("answers"))
    yield asked
    asked.close()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheels that installing this project needs; skip where pip reaches no registry."""

    def download(folder: Path) -> None:
        settings = configparser.ConfigParser()
        settings.read(HERE / "setup.cfg", encoding="utf-8")
        wanted = ["setuptools", *settings["options"]["install_requires"].split()]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", str(folder)]
        try:
            done = subprocess.run([*pip, *wanted], capture_output=True, text=True, timeout=300, check=False)
            said = (done.stderr.strip() or "pip failed").splitlines()[-1] if done.returncode else ""
        except subprocess.TimeoutExpired:
            said = "pip got no answer"
        (folder / "said").write_text(said, encoding="utf-8")

    wheels = made_once(tmp_path_factory, "wheels", download)
    if said := (wheels / "said").read_text(encoding="utf-8"):
        pytest.skip(f"needs a package registry: {said}")
    return wheels


@pytest.fixture
def hooks(world: World, registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with this project as it stands in the working tree; pre-commit keeps what it installs."""

    def copy(folder: Path) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=HERE,
            capture_output=True,
            check=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (HERE / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(HERE / name, folder / name)
        world.git("init", "--quiet", cwd=folder)
        world.commit(folder, "as it stands")

    # pre-commit has a lock of its own: whoever needs the hook while it is being installed waits for it.
    world.env["PRE_COMMIT_HOME"] = str(made_once(tmp_path_factory, "pre-commit", lambda _: None))
    del world.env["PYTHONPATH"]
    # The wheels are for this Python.  PIP_COMPILE=0: Python compiles what is imported, when it is.
    world.env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), world.env["PATH"]])
    world.env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(registry), "PIP_COMPILE": "0"}
    world.env |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(registry)}
    return made_once(tmp_path_factory, "goproxy-check", copy)


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
