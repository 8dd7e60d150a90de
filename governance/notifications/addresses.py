"""Which addresses a webhook may have, so that nobody makes this machine ask inside its own network (OWASP, SSRF)."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

# Addresses that carry an IPv4 address inside: NAT64, 6to4 and Teredo.
_CARRIERS = tuple(ip_network(item) for item in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
INSIDE = (
    "This address lies inside of this machine's network; only a setting of the installation could allow it."
)


class NotAllowed(Exception):
    """The address is none that webhooks may go to; it never will be."""


def objection(url: str, *, inside: bool) -> str:
    """Why a webhook may not have this address, or an empty text. Names are looked up when it is used, not here."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no address."
    allowed = ("https", "http") if inside else ("https",)
    if parts.scheme not in allowed:
        return "A webhook needs an address that begins with https://."
    if not parts.hostname or port == 0 or not url.isascii() or not url.isprintable() or " " in url:
        return "This is no address."
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "Leave out names, passwords and what follows a #."
    try:
        literal = ip_address(parts.hostname)
    except ValueError:
        return ""
    return "" if inside or is_outside(literal) else INSIDE


def is_outside(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the open internet, and to one machine there."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_outside(address.ipv4_mapped)
        if any(address in carrier for carrier in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolved(host: str, port: int, *, inside: bool) -> str:
    """The address behind a name, which is then connected to, so that a second look-up cannot lead elsewhere.

    Raises OSError if the name is not found and NotAllowed if any of its addresses lies inside.
    """
    found = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not inside and not all(is_outside(ip_address(item.partition("%")[0])) for item in found):
        raise NotAllowed(INSIDE)
    return found[0]
