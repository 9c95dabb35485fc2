"""NAPALM driver for FRR on Debian."""

from napalm_frr.driver import FRRDriver

__all__ = ("FRRDriver",)
