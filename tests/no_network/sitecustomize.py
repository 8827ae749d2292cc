"""Python with this folder on its path reaches nothing but this machine."""

import socket

connect = socket.socket.connect


def connect_here_only(self, address):
    """Connect to this machine, refuse every other address."""
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
        raise OSError(f"the network is switched off in this test: {address}")
    return connect(self, address)


def refuse_names(host, *arguments, **options):
    """Refuse to look up any name but this machine's."""
    if host not in (None, "localhost", "127.0.0.1", "::1"):
        raise OSError(f"the network is switched off in this test: {host}")
    return getaddrinfo(host, *arguments, **options)


getaddrinfo = socket.getaddrinfo
socket.getaddrinfo = refuse_names
socket.socket.connect = connect_here_only
