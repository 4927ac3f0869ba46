"""Which addresses are of the open internet: the one answer for all that leaves this machine."""

from __future__ import annotations

import ipaddress
from typing import Final

_PRIVATE_ENDINGS: Final = (".localhost", ".local", ".internal")
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All that is given out of IPv6; NAT64 below is the one exception that leads anywhere."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_SPECIAL: Final = (
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("3fff::/20"),
)
"""Protocols' own and documentation, which older Pythons take for ordinary addresses."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet.

    One that carries an IPv4 address within (mapped, 6to4, Teredo, NAT64) is what that is.

    Raises
    ------
    ValueError
        If it is no IP address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _inner(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST:
            return False
    special = any(ip in network for network in _SPECIAL if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not special


def _inner(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def is_private_host(host: str | None) -> bool:
    """Whether a host as written out is a private address or a name of this machine's network.

    False for any other name: what that leads to is known only when it is looked up.
    """
    if not host:
        return False
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(_PRIVATE_ENDINGS):
        return True
    try:
        return not is_public(name)
    except ValueError:
        return False
