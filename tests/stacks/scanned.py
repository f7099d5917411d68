"""What a foundation is told that scans what runs."""

from collections.abc import Mapping
from typing import Final

SCANNED: Final[Mapping[str, object]] = {
    "operations": {"tag": "v1.2.3", "digest": "sha256:" + "a" * 64},
    "scans": {},
    "network": {
        "apiServer": {"cidrs": ["10.96.0.1/32"], "port": 6443},
        "registries": {"cidrs": ["10.30.0.0/24"]},
    },
}
