"""Images are built once and cached under the hash of their recipe; a link from each name leads to the newest."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from pathlib import Path

from baubau_ops.core.errors import FailedError
from baubau_ops.core.events import Event, OnEvent, ignore
from baubau_ops.core.files import lock
from baubau_ops.core.settings import cache_dir
from baubau_ops.core.shell import run
from baubau_ops.lab.image.files import write
from baubau_ops.lab.image.image import Debian, Image

log = logging.getLogger(__name__)

BUILD_TIMEOUT = 900.0
"""Seconds that a build may take; 30 to 60 are usual, and a slow mirror takes longer."""

_UNFINISHED = ".new-"


def root_of(image: Image, on_event: OnEvent = ignore) -> Path:
    """Return the root file system of an image; build it if the cache has none for this recipe.

    Safe against concurrent builders and kill -9: an unfinished build has another name, and the next build removes
    it. Raises FailedError when packages are unavailable.
    """
    folder = cache_dir() / "images"
    root = folder / image.hash
    name = folder / image.name
    if root.is_dir() and name.is_symlink() and os.readlink(name) == root.name:
        return root
    base = root_of(image.base, on_event) if isinstance(image.base, Image) else None
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder / "lock", timeout=BUILD_TIMEOUT):
        is_built = root.is_dir()
        if not is_built:
            _remove_unfinished(folder)
            _build(image, base, root, on_event)
        name.unlink(missing_ok=True)
        name.symlink_to(root.name)
        if not is_built:
            _remove_superseded(folder)
    return root


def _build(image: Image, base: Path | None, root: Path, on_event: OnEvent) -> None:
    on_event(Event("start", "image", detail=str(image.base)))
    new = root.with_name(f"{_UNFINISHED}{secrets.token_hex(4)}")
    try:
        if isinstance(image.base, Debian):
            _bootstrap(image.base, new)
        else:
            run(["cp", "--archive", "--reflink=auto", str(base), str(new)], timeout=BUILD_TIMEOUT)
        for path, text in image.files.items():
            write(new, path, text)
        run(["chroot", str(new), "/bin/sh", "-s"], input=image.setup)
        os.rename(new, root)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    on_event(Event("done", "image", detail=str(root)))


def _bootstrap(debian: Debian, target: Path) -> None:
    """Unpack and configure the packages, with the mirrors and proxies that the host's apt uses."""
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(debian.packages)}"]
    argv += [f"--aptopt={option}" for option in _apt_options()]
    argv += [debian.suite, str(target), *_mirrors(debian.suite)]
    # Everything that mmdebstrap starts dies with this process, even after kill -9: nothing writes into files that
    # a later build removes.
    cage = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    try:
        run([*cage, *argv], timeout=BUILD_TIMEOUT)
    except FailedError as error:
        raise FailedError(
            f"The node image could not be built: {error.message}",
            remedy="Are Debian's package mirrors reachable? Try: apt-get update",
        ) from error


def _mirrors(suite: str) -> list[str]:
    """The host's one-line sources for the suite; without any, mmdebstrap uses Debian's own mirrors."""
    wanted = {suite, f"{suite}-updates", f"{suite}-security"}
    form = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)"
    targets = run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"], check=False).stdout
    lines = []
    for target in targets.splitlines():
        uri, release, component, origin = target.split("|")
        if release in wanted and component == "main" and origin == "Debian":
            lines.append(f"deb {uri} {release} {component}")
    has_suite = any(f" {suite} " in line for line in lines)
    return list(dict.fromkeys(lines)) if has_suite else []


def _apt_options() -> list[str]:
    """The host's apt settings for http and https: proxies, certificate authorities, timeouts."""
    dump = run(["apt-config", "dump"], check=False).stdout
    wanted = ("Acquire::http::", "Acquire::https::", "Acquire::Retries")
    return [line.rstrip(";") for line in dump.splitlines() if line.startswith(wanted) and '""' not in line]


def _remove_unfinished(folder: Path) -> None:
    for left in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)


def _remove_superseded(folder: Path) -> None:
    """Remove images of older recipes, which no name links to, unless a running machine uses them."""
    newest = {os.readlink(link) for link in folder.iterdir() if link.is_symlink()}
    mounts = Path("/proc/self/mountinfo").read_text()
    for root in folder.iterdir():
        is_image = root.is_dir() and not root.is_symlink()
        if is_image and root.name not in newest and str(root) not in mounts:
            log.info("removing the superseded image %s", root)
            shutil.rmtree(root, ignore_errors=True)
