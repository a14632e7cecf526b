"""Which machines may be connected to: public ones, judged by their number after the name was resolved."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from backend.errors import RowFailed

#: Gives a host's addresses as text; raises `socket.gaierror` (or returns none) where there are none.
Resolver = Callable[[str], Sequence[str]]

#: IPv4 that is not the public internet: IANA's special-purpose registry, multicast, and one cloud's
#: own address. `ipaddress.is_global` lets several of these pass.
_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's host services
            "169.254.0.0/16",  # link-local, with every cloud's metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
#: All that IANA has given out for the public internet; loopback, mapped IPv4, NAT64 (64:ff9b::/96),
#: unique local, link-local, site-local and multicast lie outside it.
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them: an IPv4 address in disguise
            "2001:db8::/32",
            "2002::/16",  # 6to4: an IPv4 address in disguise
            "2620:4f:8000::/48",
            "3ffe::/16",
            "3fff::/20",
        ),
    )
)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def checked(host: str, answer: Iterable[str]) -> tuple[str, ...]:
    """The addresses in one spelling; raises `page_refused` unless every one is public."""
    addresses = []
    for text in answer:
        try:
            address = ip_address(text)
        except ValueError as error:
            raise _refused(host) from error
        if not is_public(address):
            raise _refused(host)
        addresses.append(str(address))
    if not addresses:
        raise RowFailed("page_not_found", f"There is no website called {host} (DNS has no address for it).")
    return tuple(addresses)


def literal(host: str) -> str | None:
    """The host itself where it is an address already, so that no resolver gets to interpret it."""
    try:
        return str(IPv4Address(host))
    except ValueError:
        return None


def system_resolver(host: str) -> Sequence[str]:
    """The operating system's answer, in the order in which it advises to connect."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _refused(host: str) -> RowFailed:
    return RowFailed("page_refused", f"{host} is not on the public internet, so it is not read.")
