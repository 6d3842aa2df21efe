"""The same questions put to goproxy-check and to the real go."""

import os
import re
from unittest import mock

from goproxy_check.go.env import read_go_env
from goproxy_check.go.questions import Go
from goproxy_check.system.programs import Programs
from tests.support.goproxy import GoProxy
from tests.support.world import World


def questions(world: World, **env: str) -> Go:
    """Return the Go that asks in the environment of WORLD with ENV; its folders are in that world."""
    with (
        mock.patch.dict(os.environ, {**world.env, **env}, clear=True),
        mock.patch("tempfile.tempdir", str(world.root)),
    ):
        programs = Programs(scratch=str(world.root))
        return Go(read_go_env(programs, 60), programs)


def alone(goproxy: str) -> str:
    """Return the GOPROXY list without the ``direct`` or ``off`` that ends it, which is not to count."""
    return re.sub(r"[,|]\s*(?:direct|off)\b.*", "", goproxy)


def same(world: World, target: str, wanted: str, *proxies: GoProxy, **env: str) -> None:
    """Check that the verdict on TARGET is WANTED, and that Go with the proxies alone gets it only if that is ok.

    None of the PROXIES is asked that Go does not ask.
    """
    goproxy = env.get("GOPROXY", world.env["GOPROXY"])
    assert world.verdicts(target, cwd=world.home, **env) == {target: wanted}
    ours = [bool(proxy.log) for proxy in proxies]
    for proxy in proxies:
        proxy.log.clear()
    world.forget_modules()
    settings = {**env, "GOPROXY": alone(goproxy)}
    done = world.go("mod", "download", target, cwd=world.home, ok=False, **settings)
    assert (done.returncode == 0) == (wanted == "ok"), done.stderr
    for proxy, asked in zip(proxies, ours, strict=True):
        assert not asked or proxy.log, f"{proxy.url} was asked, and Go does not ask it"
