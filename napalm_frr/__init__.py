"""NAPALM driver for FRR on Debian; NAPALM finds `FRRDriver` here, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napalm_frr.driver import FRRDriver

__all__ = ("FRRDriver",)


def __getattr__(name: str) -> Any:
    # Imported late, so that other modules of the package work without NAPALM, whose import takes most of a second.
    if name == "FRRDriver":
        from napalm_frr.driver import FRRDriver

        return FRRDriver
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
