"""What only the code of one platform knows is said nowhere else."""

from __future__ import annotations

import re

from source import ROOT, imports, modules

WORDS = re.compile(r"\b(frr|vtysh|zebra|nft|nftables|tc|sysctl)\b", re.IGNORECASE)
KNOW = ("baubau_ops/network/platforms/frr/", "baubau_ops/lab/", "napalm_frr/")
"""A platform, its driver, and the twin, whose machines run it."""

EXCEPTIONS = {
    # The name is a value that an inventory may hold.
    "baubau_ops/inventory/files/fields.py": {"frr"},
    "baubau_ops/inventory/files/city.py": {"frr"},
    "baubau_ops/inventory/environment_file.py": {"frr"},
    "baubau_ops/inventory/views/nornir.py": {"frr"},
    # An example of what to run on a machine of the twin.
    "baubau_ops/cli/commands/lab.py": {"vtysh"},
    # Which Debian package has a command, and what a command prints when it fails.
    "baubau_ops/core/shell.py": {"frr", "nft", "nftables", "sysctl", "tc", "vtysh"},
}
"""By file: the words that it may use."""


def test_only_a_platform_s_own_code_speaks_of_its_tools() -> None:
    found = {}
    for module in modules():
        if not module.shown.startswith(KNOW):
            words = {one[1].lower() for one in WORDS.finditer(module.path.read_text(encoding="utf-8"))}
            if words:
                found[module.shown] = words
    assert found == EXCEPTIONS


def test_the_words_are_found_where_they_stand() -> None:
    assert [one[1] for one in WORDS.finditer("FRR's vtysh; `tc -j`, x.nft")] == ["FRR", "vtysh", "tc", "nft"]
    assert not WORDS.search("etc, draft, fetch")


def test_the_code_of_a_platform_is_imported_by_nobody_else() -> None:
    assert [
        f"{module.shown}:{line} imports {name}"
        for module in modules()
        for line, name in imports(module)
        if name.startswith("baubau_ops.network.platforms.frr")
        and not module.shown.startswith("baubau_ops/network/platforms/frr/")
    ] == []
    assert (ROOT / KNOW[0]).is_dir()
