"""What the network calls the effects that a change of a router can have."""

from __future__ import annotations

from collections.abc import Mapping

from baubau_ops.core.plan import Effect

WORDS: Mapping[Effect, str] = {
    Effect.none: "none",
    Effect.hitless: "hitless",
    Effect.restarts: "session flap",
    Effect.interrupts: "link down",
    Effect.destroys: "link down",
    Effect.installs: "to be installed",
}
