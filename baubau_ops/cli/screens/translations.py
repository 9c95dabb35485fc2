"""The query to the translation log, and the screen for its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from baubau_ops.cli.output import Output
from baubau_ops.core.errors import InputError
from baubau_ops.core.suggest import did_you_mean
from baubau_ops.network.translations import Query

if TYPE_CHECKING:
    from baubau_ops.inventory.city.inventory import Inventory
    from baubau_ops.network.translations import Translation

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


def query(
    inventory: Inventory,
    *,
    site: str | None,
    inside: str | None,
    public: str | None,
    at: str | None,
    since: str | None,
    until: str | None,
) -> Query:
    """Parse the options into a query; InputError names an invalid option."""
    if site is not None and site not in inventory.sites:
        raise InputError(f'There is no site "{site}".{did_you_mean(site, inventory.sites)}')
    address, _, port = (public or "").partition(":")
    if port and not (port.isascii() and port.isdigit()):
        raise InputError(f'--public: "{public}" is not ADDRESS or ADDRESS:PORT.')
    if at is not None and (since or until):
        raise InputError("--at says the time already: leave out --since and --until.")
    end = _time("--until", until) if until else datetime.now(UTC)
    begin = _time("--since", since) if since else end - _HOUR
    if at is not None:
        moment = _time("--at", at)
        begin, end = moment - _MINUTE, moment + _MINUTE
    return Query(
        since=begin,
        until=end,
        site=site,
        inside=_address("--inside", inside) if inside else None,
        public=_address("--public", address) if address else None,
        port=int(port) if port else None,
    )


def _time(option: str, text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f'{option}: "{text}" is not a time such as 2026-11-22T14:03 (UTC).') from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _address(option: str, text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise InputError(f'{option}: "{text}" is not an IPv4 address.') from None


def show_translations(output: Output, found: Sequence[Translation]) -> None:
    """Show connections in chronological order."""

    def draw() -> None:
        if found:
            columns = ["began (UTC)", "ended", "site", "inside", "public", "other end", "protocol"]
            output.table(columns, [_row(one) for one in found])
        output.line(f"{len(found)} translations." if found else "No translation matches.")

    output.show({"translations": [asdict(one) for one in found]}, draw)


def _row(one: Translation) -> list[str]:
    return [
        f"{one.began:%Y-%m-%d %H:%M:%S}" if one.began else "before",
        f"{one.ended:%H:%M:%S}" if one.ended else "lasts",
        one.site,
        f"{one.inside}:{one.inside_port}",
        f"{one.public}:{one.public_port}",
        f"{one.remote}:{one.remote_port}",
        one.protocol,
    ]
