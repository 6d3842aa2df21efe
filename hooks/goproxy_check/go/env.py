"""What the user's Go is configured to do: which proxies it asks, and for what it goes to the origin."""

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from goproxy_check.go.answers import json_objects
from goproxy_check.gofiles import module
from goproxy_check.gofiles.modfile import release
from goproxy_check.gofiles.reference import Reference
from goproxy_check.system.programs import CommandError, Programs
from goproxy_check.system.redact import one_line

_NAMES = ["GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOFLAGS", "GOMODCACHE"]
_NAMES += ["GOVERSION", "GOHOSTOS", "GOHOSTARCH"]
# A URL of which it is certain what is its userinfo: https://me:secret@goproxy.example:8080/path
_PLAIN = r"(?i:https?|file)://(?:[^/?#@\s]*@)?(?:\[[^]/?#@]*\]|[^/?#@:]+)(?::[0-9]{1,5})?"
_PLAIN += r"(?:/(?![^?#]*:[^?#]*@)[^?#]*)?(?:[?#].*)?"


class Proxy(NamedTuple):
    """An entry of GOPROXY."""

    url: str  # may hold credentials
    on_any_error: bool  # a | follows: the next entry is tried after any error, not only after 404 and 410


class GoEnv(NamedTuple):
    """The settings of Go that matter here."""

    go: str  # the path of the go command, "" if there is none
    proxies: tuple[Proxy, ...]
    end: str  # what the list of proxies ends with: direct, off, or nothing
    settings: Mapping[str, str]  # GOPRIVATE and so on

    @property
    def off(self) -> bool:
        """Whether GOPROXY is off: nothing may be downloaded."""
        return self.end == "off" and not self.proxies

    @property
    def proxies_alone(self) -> str:
        """GOPROXY without ``direct`` and ``off``: what the proxies alone serve."""
        return "".join(f"{proxy.url}{'|' if proxy.on_any_error else ','}" for proxy in self.proxies).rstrip(",|")

    def is_private(self, path: str) -> bool:
        """Return whether no proxy may hear of the module PATH (``go help module-private``)."""
        return not (self.proxies or self.off) or module.match_prefix_patterns(self.settings["GONOPROXY"], path)

    def has_cached(self, ref: Reference, *ends: str) -> bool:
        """Return whether the module cache has the files of REF with ENDS (https://go.dev/ref/mod#module-cache)."""
        cache = self.settings["GOMODCACHE"]
        file = f"{cache}/cache/download/{module.escape(ref.module)}/@v/{module.escape(ref.version)}"
        return bool(cache) and all(os.path.exists(file + end) for end in ends)

    def adding(self, name: str, refs: Iterable[Reference]) -> str:
        """Return the setting NAME, a list of patterns, with the modules of REFS."""
        return ",".join(dict.fromkeys(filter(None, [*self.settings[name].split(","), *(ref.module for ref in refs)])))


def read_go_env(programs: Programs, seconds: float) -> GoEnv:
    """Ask ``go env`` for at most SECONDS, or the environment where there is no go command; raises CommandError."""
    go = os.path.abspath(found) if (found := shutil.which("go")) else ""
    settings = {**dict.fromkeys(_NAMES, ""), "GONOPROXY": os.environ.get("GOPRIVATE", ""), **os.environ}
    if go:
        output = _go_env(programs, go, seconds, "-json", *_NAMES, GOTOOLCHAIN="local")
        settings = next(json_objects(output.encode()), {})
        if not all(isinstance(settings.get(name), str) for name in _NAMES):
            raise CommandError("go env: the answer makes no sense: repair the Go installation")
    elif "GOPROXY" not in os.environ:
        raise CommandError("no go command and no GOPROXY in the environment: install Go, or set GOPROXY")
    # -mod and -modfile make questions about single modules fail.
    settings["GOFLAGS"] = re.sub(r"(?:^|\s)--?mod(?:file)?=\S+", "", settings["GOFLAGS"]).strip()
    return GoEnv(go, *proxy_list(settings["GOPROXY"]), settings)


def _go_env(programs: Programs, go: str, seconds: float, *args: str, **changes: str) -> str:
    """Return what ``go env`` prints in the top folder, where no go.mod can end it; raises CommandError."""
    env = programs.go_environment(**changes, GOWORK="off")
    result = programs.run([go, "env", *args], cwd=os.sep, env=env, timeout=seconds)
    output = result.stdout.decode("utf-8", "replace").strip()
    if result.code != 0 or not output:
        words = one_line(result.stderr) or f"no answer (exit status {result.code})"
        raise CommandError(f"go env: {words}: repair the Go installation")
    return output


def downloaded(references: list[Reference], env: GoEnv, programs: Programs, seconds: float) -> list[Reference]:
    """Return REFERENCES with the module versions that ENV's Go would download in place of the toolchains' names."""
    named = [ref for ref in references if ref.is_toolchain and ref.version.startswith("go") and not ref.invalid]
    modules: dict[Reference, Reference] = {}
    if named and env.go:
        # ``go env GOTOOLCHAIN``, in just these words, the local Go answers whatever GOTOOLCHAIN is set to
        # (cmd/go/internal/toolchain: Select).
        least, _, mode = _go_env(programs, env.go, seconds, "GOTOOLCHAIN").rpartition("+")
        oldest, host = env.settings["GOVERSION"], f"{env.settings['GOHOSTOS']}-{env.settings['GOHOSTARCH']}"
        for ref in named if mode == "auto" else ():
            # What is not newer, or is on PATH, need not be downloaded.
            if release(ref.version) > max(release(oldest), release(least)) and not shutil.which(ref.version):
                modules[ref] = ref._replace(version=f"v0.0.1-{ref.version}.{host}")
    return [modules.get(ref, ref) for ref in references if ref not in named or ref in modules]


def proxy_list(text: str) -> tuple[tuple[Proxy, ...], str]:
    """Return the proxies of the GOPROXY list TEXT, and the word that ends it (cmd/go/internal/modfetch: proxyList)."""
    proxies: list[Proxy] = []
    for entry, separator in re.findall(r"([^,|]*)([,|]|$)", text):
        url = entry.strip()
        if url in ("direct", "off"):
            return tuple(proxies), url
        # A word alone is reserved for built-in behaviour, and what contains ":/" or is an absolute path must be a
        # complete URL; everything else gets https:// in front.
        if re.search("[.:/]", url) and ":/" not in url and not os.path.isabs(url) and not url.startswith("/"):
            url = f"https://{url}"
        if "@" in url and not re.fullmatch(_PLAIN, url):  # before Go, or anybody else, shows a part of a password
            problem = f"GOPROXY: entry {len(proxies) + 1} is not a URL (see go env GOPROXY)"
            raise CommandError(f"{problem}: in its user and password, write / as %2F, @ as %40 and so on")
        proxies += [Proxy(url, separator == "|")] if url else []
    if not proxies:
        raise CommandError("GOPROXY has no entries: set it to a proxy's URL, or unset it (go env -u GOPROXY)")
    return tuple(proxies), ""
