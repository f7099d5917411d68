"""The first process of the test's namespace: brings its loopback up, and ends when it is told to.

Run by namespace.py as `init.py CIDR`. It needs no iproute2: three requests to the kernel do.
"""

from __future__ import annotations

import fcntl
import ipaddress
import signal
import socket
import struct
import sys

# linux/sockios.h and linux/if.h.
SET_FLAGS, SET_ADDRESS, SET_NETMASK = 0x8914, 0x8916, 0x891C
UP = 0x1


def own(network: ipaddress.IPv4Network) -> None:
    """Bring the loopback up, and make each address of the network this machine's: on a loopback, a prefix is local."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SET_FLAGS, struct.pack("16sh22x", b"lo", UP))
        fcntl.ioctl(control, SET_ADDRESS, _request(b"lo:pods", network.network_address + 1))
        fcntl.ioctl(control, SET_NETMASK, _request(b"lo:pods", network.netmask))


def _request(interface: bytes, address: ipaddress.IPv4Address) -> bytes:
    """A `struct ifreq` with a `struct sockaddr_in`."""
    return struct.pack("16sHH4s8x", interface, socket.AF_INET, 0, address.packed)


def main() -> None:
    """Do it, say so, and wait for the end of standard input."""
    # Whoever loses its parent in here becomes this process's child; the kernel shall bury it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    own(ipaddress.IPv4Network(sys.argv[1]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
