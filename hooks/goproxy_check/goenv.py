"""What the user's Go is configured to do: which proxies it asks, and for what it goes to the origin."""

import os
import re
import shutil
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from goproxy_check import module, toolchain
from goproxy_check.process import CommandError, go_environment, json_objects, run
from goproxy_check.quick import cached_files
from goproxy_check.redact import bare_url, one_line, printable
from goproxy_check.references import Reference

_NAMES = ["GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOAUTH", "GOFLAGS", "GOMODCACHE"]
_NAMES += ["GOVERSION", "GOHOSTOS", "GOHOSTARCH"]


class GoEnvError(CommandError):
    """Go cannot be asked, or its settings can't be used; the text is one line for the user."""


@dataclass(frozen=True)
class Proxy:
    """An entry of GOPROXY. URL may hold credentials, SHOWN never does.

    ON_ANY_ERROR: a ``|`` follows, so that the next entry is tried after any error, not only after 404 and 410.
    """

    url: str
    shown: str
    on_any_error: bool

    def place(self, path: str) -> str:
        """Return the URL of PATH below this one (cmd/go/internal/web: Join)."""
        parts = urlsplit(self.url)
        return parts._replace(path=f"{parts.path.rstrip('/')}/{path}").geturl()


@dataclass(frozen=True)
class GoEnv:
    """The settings of Go that matter here; GO is the path of the go command, "" if there is none.

    END is what the list of PROXIES ends with: ``direct``, ``off``, or nothing.
    """

    go: str
    proxies: tuple[Proxy, ...]
    end: str
    no_proxy: str
    sumdb: str
    no_sumdb: str
    auth: str
    flags: str
    modcache: str
    version: str = ""
    host_os: str = ""
    host_arch: str = ""

    def is_private(self, path: str) -> bool:
        """Tell whether no proxy may hear of the module PATH (``go help module-private``)."""
        return module.match_prefix_patterns(self.no_proxy, path)

    def is_verified(self, path: str) -> bool:
        """Tell whether Go asks the checksum database about the module PATH (cmd/go/internal/modfetch: useSumDB)."""
        if path == toolchain.MODULE:  # no go.sum lists it, so that nothing but the database can vouch for it
            return not (len(self.proxies) == 1 and self.proxies[0].url.startswith("file:"))
        return self.sumdb not in ("", "off") and not module.match_prefix_patterns(self.no_sumdb, path)

    def is_cached(self, ref: Reference) -> bool:
        """Tell whether the module cache has what Go needs of REF (https://go.dev/ref/mod#module-cache)."""
        if not self.modcache:
            return False
        place = os.path.join(self.modcache, "cache", "download", *module.escape(ref.module).split("/"), "@v")
        file = os.path.join(place, module.escape(ref.version))
        return all(os.path.exists(file + end) for end in cached_files(ref.go_mod_only))

    def flags_without_mod(self) -> str:
        """Return GOFLAGS without -mod and -modfile, which make questions about single modules fail."""
        return re.sub(r"(?:^|\s)--?mod(?:file)?=\S+", "", self.flags).strip()


def read_go_env(scratch: str, seconds: float) -> GoEnv:
    """Ask ``go env`` in the folder SCRATCH for at most SECONDS, or the environment where there is no Go.

    SCRATCH must be neutral: in a module with a newer go line Go would try to switch toolchains. Raises GoEnvError.
    """
    go = os.path.abspath(found) if (found := shutil.which("go")) else ""
    if go:
        output = _answer([go, "env", "-json", *_NAMES], scratch, seconds, GOTOOLCHAIN="local")
        values: dict[str, str] = next(json_objects(output), {})
        if not all(isinstance(values.get(name), str) for name in _NAMES[:4]):
            raise GoEnvError("go env: the answer makes no sense: repair the Go installation")
    elif "GOPROXY" in os.environ:
        values = dict(os.environ)
        for name in ("GONOPROXY", "GONOSUMDB"):
            values.setdefault(name, values.get("GOPRIVATE", ""))
    else:
        raise GoEnvError("no go command and no GOPROXY in the environment: install Go, or set GOPROXY")
    proxies, end = proxy_list(values.get("GOPROXY", ""))
    return GoEnv(go, proxies, end, *(str(values.get(name, "")) for name in _NAMES[1:]))


def _answer(command: list[str], folder: str | None, seconds: float, **settings: str) -> bytes:
    """Return what go env prints; raises GoEnvError with its own words."""
    try:
        result = run(command, cwd=folder, env=go_environment(GOWORK="off", **settings), timeout=seconds)
    except CommandError as error:
        raise GoEnvError(f"go env: {error}: repair the Go installation") from None
    if result.code != 0:
        words = one_line(result.stderr) or f"exit status {result.code}"
        raise GoEnvError(f"go env: {words}: repair the Go installation")
    return result.stdout


def downloaded(references: list[Reference], env: GoEnv | None, seconds: float = 0) -> list[Reference]:
    """Return REFERENCES with the module versions that ENV's Go would download in place of the toolchains' names.

    Left out is what it has no need to download: what is not newer than itself, or on PATH, or not allowed by
    GOTOOLCHAIN; and all of them where ENV is None, for there is no Go. Go may take SECONDS; raises GoEnvError.
    """

    def is_name(ref: Reference) -> bool:
        return ref.module == toolchain.MODULE and ref.version.startswith("go")

    oldest = _oldest(env, seconds) if env and any(map(is_name, references)) else ""
    kept = []
    for ref in references:
        if not is_name(ref):
            kept.append(ref)
        elif env and oldest and toolchain.newer(ref.version, oldest) and not shutil.which(ref.version):
            kept.append(replace(ref, version=f"v0.0.1-{ref.version}.{env.host_os}-{env.host_arch}"))
    return kept


def _oldest(env: GoEnv, seconds: float) -> str:
    """Return the toolchain that is used unless a newer one is demanded; "" if none is ever downloaded."""
    # Just these words are answered by the local Go, whatever GOTOOLCHAIN says (cmd/go/internal/toolchain: Select).
    output = _answer([env.go, "env", "GOTOOLCHAIN"], None, seconds)
    least, _, mode = output.decode("utf-8", "replace").strip().rpartition("+")
    if not mode:
        raise GoEnvError("go env GOTOOLCHAIN: no answer: repair the Go installation")
    if mode != "auto":
        return ""
    return least if toolchain.newer(least, env.version) else env.version


def proxy_list(text: str) -> tuple[tuple[Proxy, ...], str]:
    """Return the proxies of the GOPROXY list TEXT, and the word that ends it: ``direct``, ``off``, or none.

    Raises GoEnvError for an entry that is no URL and for a list without entries.
    Source: https://go.dev/ref/mod#environment-variables, cmd/go/internal/modfetch: proxyList.
    """
    proxies: list[Proxy] = []
    for entry, separator in re.findall(r"([^,|]*)([,|]|$)", text):
        url = entry.strip()
        if url in ("direct", "off"):
            return tuple(proxies), url
        if not url:
            continue
        # A word alone is reserved for built-in behaviour, and what contains ":/" or is an absolute path must be a
        # complete URL; everything else gets https:// in front.
        if re.search("[.:/]", url) and ":/" not in url and not os.path.isabs(url) and not url.startswith("/"):
            url = f"https://{url}"
        proxies.append(Proxy(url.rstrip("/"), checked_url(url), separator == "|"))
    if not proxies:
        raise GoEnvError("GOPROXY has no entries: set it to a proxy's URL, or unset it (go env -u GOPROXY)")
    return tuple(proxies), ""


def checked_url(url: str) -> str:
    """Return URL as it may be shown; raises GoEnvError for what Go refuses (cmd/go/internal/modfetch: newProxyRepo)."""
    try:
        parts, shown = urlsplit(url), bare_url(url).rstrip("/")
        parts.port  # noqa: B018  raises ValueError where the port is no number
    except ValueError:
        parts, shown = urlsplit(""), ""
    if not shown:
        why = "is not a URL"
    elif parts.scheme not in ("https", "http", "file"):
        begin = f"it must begin with https, http or file, not {parts.scheme}" if parts.scheme else "https:// is missing"
        why = f"is not the URL of a proxy, {begin}"
    elif parts.scheme == "file" and (parts.netloc or parts.query or parts.fragment):
        why = "is not a file URL, which has a path and nothing else"
    elif "@" in parts.path:
        why = "has an @ after its host: is there a typo before it?"
    elif parts.scheme != "file" and not parts.hostname:
        why = "names no host"
    else:
        return printable(shown)
    # A password may hold any character, so that a URL that is none can't be taken apart: all before an @ is hidden.
    scheme = re.match(r"(?:\w+:/*)?", url)
    bare = f"{scheme[0] if scheme else ''}{url.rpartition('@')[2]}" if "@" in url else url
    raise GoEnvError(f"GOPROXY: {one_line(bare)} {why} (see go env GOPROXY)")
