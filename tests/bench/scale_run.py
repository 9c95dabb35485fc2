"""One run over a large city in a process of its own: prints seconds by step and the peak of memory, as JSON.

`python scale_run.py CITY OUT whole` goes the way of `net render -o`; `floor` does the least that anybody would:
reads and parses every file, makes each a model, renders the same templates file by file, writes the texts.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import yaml_rs

from baubau_ops.core import settings
from baubau_ops.core.garbage import no_garbage_collection
from baubau_ops.inventory.files.site import Site
from baubau_ops.inventory.load import load
from baubau_ops.network.derive.routers import derive
from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.render import text
from baubau_ops.network.render.files import write_texts

T = TypeVar("T")


class Steps:
    """Seconds on the clock and of processors, this process's and its children's, by step."""

    def __init__(self) -> None:
        self.clock: dict[str, float] = {}
        self.processor: dict[str, float] = {}

    def take(self, name: str, work: Callable[[], T]) -> T:
        clock, processor = time.perf_counter(), _processor()
        result = work()
        self.clock[name] = time.perf_counter() - clock
        self.processor[name] = _processor() - processor
        return result


def _processor() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def whole(steps: Steps, city: Path, out: Path) -> None:
    inventory = steps.take("load", lambda: load(city))
    topology = steps.take("topology", lambda: inventory.topology)
    names = [node.name for node in topology.ours]
    steps.take("derive, render, write", lambda: write_texts(inventory, out, names))


def floor(steps: Steps, city: Path, out: Path) -> None:
    devices = derive(load(city))
    for device in {device.role: device for device in devices.values()}.values():
        file_by_file(device)  # compiles what is compiled once
    out.mkdir()
    with no_garbage_collection():
        texts = steps.take("read", lambda: {file: file.read_text() for file in city.rglob("*.yml")})
        parsed = steps.take(
            "parse", lambda: {file: yaml_rs.loads(text, parse_datetime=False) for file, text in texts.items()}
        )
        sites = [document for file, document in parsed.items() if file.parent.name == "sites"]
        steps.take("validate", lambda: [Site.model_validate(document) for document in sites])
        made = steps.take("render", lambda: {name: file_by_file(device) for name, device in devices.items()})
        steps.take("write", lambda: [(out / name).write_text(text) for name, text in made.items()])


def file_by_file(router: Router) -> str:
    """A text as Jinja's own `render` makes it, one template after the other."""
    environment = text._environment(settings.root())
    files = (file.format(role=router.role) for _, section in text.SECTIONS for file in section)
    return "".join(environment.get_template(file).render(router=router) for file in files)


def _peak() -> int:
    """KiB of this process and of its largest worker, which shares most of it: never too little.

    Not ru_maxrss of this process: that begins with what the one that started it had.
    """
    status = Path("/proc/self/status").read_text()
    own = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(own.split()[1]) + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def main() -> None:
    steps = Steps()
    {"whole": whole, "floor": floor}[sys.argv[3]](steps, Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps({"clock": steps.clock, "processor": steps.processor, "peak_kib": _peak()}))


if __name__ == "__main__":
    main()
