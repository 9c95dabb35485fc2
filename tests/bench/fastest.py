"""What work in this process costs, with as little of the machine's noise as may be."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def best(work: Callable[[], object], times: int = 3) -> float:
    """CPU seconds of the fastest of some runs, with the garbage of the others collected before."""
    found = []
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)
