"""The node image: a Debian root file system built once, cached under the hash of its recipe."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import secrets
import shutil
from pathlib import Path

from baubau_ops.core.errors import FailedError
from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.core.files import lock
from baubau_ops.core.settings import cache_dir
from baubau_ops.core.shell import run
from baubau_ops.lab.image import recipe

log = logging.getLogger(__name__)

BUILD_TIMEOUT = 900.0
"""Seconds; 30 to 60 are usual, a slow mirror takes longer."""

_UNFINISHED = ".new-"


def router_image(on_event: OnEvent = ignore) -> Path:
    """Return the root file system of a router, built now when the cache has none of this recipe.

    Safe against two builders and against kill -9: what is not finished has another name and is removed by the
    next build. FailedError when packages cannot be had.
    """
    folder = cache_dir() / "images"
    image = folder / _recipe_hash()
    if image.is_dir():
        return image
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder / "lock", timeout=BUILD_TIMEOUT):
        if not image.is_dir():
            _remove_unfinished(folder)
            _build(folder, image, on_event)
            _remove_superseded(folder, image)
    return image


def _recipe_hash() -> str:
    parts = [
        recipe.SUITE,
        platform.machine(),
        recipe.PACKAGES,
        recipe.FILES,
        recipe.SETUP,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _build(folder: Path, image: Path, on_event: OnEvent) -> None:
    on_event(Event("start", "image", detail=f"Debian {recipe.SUITE} with {len(recipe.PACKAGES)} packages"))
    new = folder / f"{_UNFINISHED}{secrets.token_hex(4)}"
    try:
        _bootstrap(new)
        for path, text in recipe.FILES.items():
            target = new / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        run(["chroot", str(new), "/bin/sh", "-s"], input=recipe.SETUP)
        os.rename(new, image)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    on_event(Event("done", "image", detail=str(image)))


def _bootstrap(target: Path) -> None:
    """Unpack and configure the packages, from the mirrors and by the proxies that the host's apt uses."""
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(recipe.PACKAGES)}"]
    argv += [f"--aptopt={option}" for option in _apt_options()]
    argv += [recipe.SUITE, str(target), *_mirrors()]
    # Everything mmdebstrap starts dies with this process, kill -9 included: nobody writes into what a later
    # build removes.
    cage = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    try:
        run([*cage, *argv], timeout=BUILD_TIMEOUT)
    except FailedError as error:
        raise FailedError(
            f"The node image could not be built: {error.message}",
            remedy="Are Debian's package mirrors reachable? Try: apt-get update",
        ) from error


def _mirrors() -> list[str]:
    """One-line sources of the suite as the host has them; none lets mmdebstrap take Debian's own."""
    wanted = {recipe.SUITE, f"{recipe.SUITE}-updates", f"{recipe.SUITE}-security"}
    form = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)"
    targets = run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"], check=False).stdout
    lines = []
    for target in targets.splitlines():
        uri, release, component, origin = target.split("|")
        if release in wanted and component == "main" and origin == "Debian":
            lines.append(f"deb {uri} {release} {component}")
    has_suite = any(f" {recipe.SUITE} " in line for line in lines)
    return list(dict.fromkeys(lines)) if has_suite else []


def _apt_options() -> list[str]:
    """The host's settings of apt's http and https: proxies, authorities, time limits."""
    dump = run(["apt-config", "dump"], check=False).stdout
    wanted = ("Acquire::http::", "Acquire::https::", "Acquire::Retries")
    return [line.rstrip(";") for line in dump.splitlines() if line.startswith(wanted) and '""' not in line]


def _remove_unfinished(folder: Path) -> None:
    for left in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)


def _remove_superseded(folder: Path, image: Path) -> None:
    """Remove images of older recipes that no running node stands on."""
    mounts = Path("/proc/self/mountinfo").read_text()
    for other in folder.iterdir():
        if other.is_dir() and other != image and str(other) not in mounts:
            log.info("removing the superseded image %s", other)
            shutil.rmtree(other, ignore_errors=True)
