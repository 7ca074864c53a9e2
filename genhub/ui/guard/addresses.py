"""Whose request it is."""

import ipaddress
import re
from functools import lru_cache

from genhub import settings

KNOWN = 4_096  # addresses that need not be read again
NETWORK = 64  # bits of an IPv6 address that say whose it is: a line is given all addresses below them
PORT = re.compile(r"\[(?P<six>[^\[\]]*)\](?::\d{1,5})?|(?P<four>[\d.]+):\d{1,5}")  # some proxies write one behind the address
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def sent_from(peer: str, forwarded: str) -> str:
    """Who connected, or, when that is a proxy of ours, whom the last proxy that is not one of ours saw; of an IPv6 address its network.

    forwarded: X-Forwarded-For, which anybody can write: it is believed of this computer itself (a share link's tunnel) and, where the
    owner says that a proxy stands in front (settings.proxied), of addresses that are not global. Where a proxy writes what is no address,
    nobody knows what stands before it: it is the request of who connected."""
    seen = [peer, *reversed([one.strip() for one in forwarded.split(",") if one.strip()])]
    inside = settings.proxied()
    for one in seen:
        known = _as_address(one)
        if known is None:
            break
        if known.is_global if inside else not known.is_loopback:
            return whose(str(known))
    return whose(peer)


@lru_cache(KNOWN)
def whose(address: str) -> str:
    """What all addresses have in common that one line is given; what is no address stays as it is."""
    known = _as_address(address)
    if known is None:
        return address
    return str(known if known.version == 4 or known.is_loopback else ipaddress.ip_network((int(known), NETWORK), strict=False))


@lru_cache(KNOWN)
def _as_address(text: str) -> Address | None:
    """None for what is no address."""
    parts = PORT.fullmatch(text)
    try:
        known = ipaddress.ip_address((parts["six"] or parts["four"]) if parts else text)
    except ValueError:
        return None
    return getattr(known, "ipv4_mapped", None) or known
