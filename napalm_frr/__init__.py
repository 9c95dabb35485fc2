"""NAPALM driver for FRR on Debian; NAPALM finds `FRRDriver` here, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napalm_frr.driver import FRRDriver

__all__ = ("FRRDriver",)


def __getattr__(name: str) -> Any:
    # Late, so that the package's other modules can be used without NAPALM, which takes most of a second to import.
    if name == "FRRDriver":
        from napalm_frr.driver import FRRDriver

        return FRRDriver
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
