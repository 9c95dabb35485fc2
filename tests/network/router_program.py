"""The programs that routers run, for tests: they are not on the path."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from baubau_ops.core import settings


def program(name: str) -> ModuleType:
    """Load a program of the routers, which is not on the path."""
    path = settings.root() / "netconf" / "frr" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
