"""Who may see a page, as pure functions over plain values: lists of addresses, networks, passwords."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from app.text.addresses import check_address, normalize_address


class Way(StrEnum):
    """How a visitor of a private page shows that they may see it. Members of its organization always may."""

    MEMBERS = "members"
    PASSWORD = "password"
    ADDRESSES = "addresses"
    """A link, sent to an e-mail address that is on the list."""
    NETWORKS = "networks"
    """Their address on the Internet."""


SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200
MOST_ADDRESSES = 1_000
MOST_NETWORKS = 200

LINK_LIFETIME = timedelta(minutes=15)
"""A link lives as long as no other one is sent to the same address."""
GRANT_LIFETIME = timedelta(days=30)
"""Then a visitor is asked again."""

_SEPARATORS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was typed into a list, in its canonical form; `fault` says what of it could not be read."""

    entries: tuple[str, ...]
    fault: str | None = None


def parse_addresses(typed: str) -> Parsed:
    """E-mail addresses, and domains as `@example.com`, between lines, spaces or commas."""
    entries: dict[str, None] = {}
    for word in _words(typed):
        entry = word.removeprefix("*")
        # A domain is written as what follows the @ of its addresses; many leave the @ out.
        is_domain = "@" not in entry[1:]
        address = normalize_address(f"anybody@{entry.removeprefix('@')}" if is_domain else entry)
        if check_address(address) is not None:
            return Parsed(
                (), f"“{word[:80]}” is neither an address nor a domain. Write ada@example.com or @example.com."
            )
        entries[address.removeprefix("anybody") if is_domain else address] = None
    if len(entries) > MOST_ADDRESSES:
        return Parsed((), f"A list has at most {MOST_ADDRESSES:,} entries. Name domains instead of single addresses.")
    return Parsed(tuple(entries)) if entries else Parsed((), "Name at least one address or domain.")


def parse_networks(typed: str) -> Parsed:
    """Addresses and ranges of IPv4 and IPv6 in CIDR notation (RFC 4632, RFC 4291 §2.3)."""
    networks: dict[str, None] = {}
    for word in _words(typed):
        try:
            network = ip_network(word, strict=False)
        except ValueError:
            return Parsed((), f"“{word[:80]}” is no address range. Write it like 203.0.113.0/24 or 2001:db8::/32.")
        if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
            network = ip_network((network.network_address.ipv4_mapped, network.prefixlen - 96), strict=False)
        if network.prefixlen == 0:
            return Parsed((), f"“{word}” are all addresses there are. Make the page public if everybody may see it.")
        networks[str(network)] = None
    if len(networks) > MOST_NETWORKS:
        return Parsed((), f"A list has at most {MOST_NETWORKS} ranges. Join some of them.")
    return Parsed(tuple(networks)) if networks else Parsed((), "Name at least one range.")


def admits_peer(networks: Iterable[str], peer: str) -> bool:
    """Whether one of these ranges holds the address that a request came from."""
    address = _peer_address(peer)
    return address is not None and any(address in ip_network(network) for network in networks)


def check_password(password: str) -> str | None:
    """What is wrong with a shared password, in words for beside the field."""
    if len(password) < SHORTEST_PASSWORD:
        return f"Use at least {SHORTEST_PASSWORD} characters: visitors type it only once a month."
    if len(password) > LONGEST_PASSWORD:
        return f"Use at most {LONGEST_PASSWORD} characters."
    if len(set(password)) < 4:
        return "Use more different characters: this one is guessed at once."
    return None


def canonical_password(typed: str) -> str:
    """A password as it is hashed: keyboards write the same letter in more than one way (RFC 8265 §4.2)."""
    # Composing takes the square of a pile of accents: what is far too long is refused as it is.
    return typed if len(typed) > LONGEST_PASSWORD else unicodedata.normalize("NFC", typed)


def _words(typed: str) -> Sequence[str]:
    return [word for word in _SEPARATORS.split(typed) if word]


def _peer_address(peer: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
