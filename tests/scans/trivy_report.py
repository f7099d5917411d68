"""A report as Trivy writes it (SchemaVersion 2, its `pkg/types`), and a program of that name that writes it."""

from __future__ import annotations

import json
from pathlib import Path

PROGRAM = """#!/bin/sh
# trivy image [--output FILE] IMAGE, as the real one is called; REPORTS has a file an image, named by its last part.
output=/dev/stdout
while [ $# -gt 1 ]; do
  [ "$1" = --output ] && output=$2
  shift
done
cat "$REPORTS/$(basename "${1%%[:@]*}").json" > "$output"
"""


def vulnerability(number: int, severity: str, fixed: str = "") -> dict[str, object]:
    """One finding."""
    return {
        "VulnerabilityID": f"CVE-2026-{number}",
        "VendorIDs": ["DLA-1"],
        "PkgID": "libssl3t64@3.5.1-1",
        "PkgName": "libssl3t64",
        "PkgIdentifier": {"PURL": "pkg:deb/debian/libssl3t64@3.5.1-1?arch=amd64&distro=debian-13", "UID": "a1"},
        "InstalledVersion": "3.5.1-1",
        **({"FixedVersion": fixed, "Status": "fixed"} if fixed else {"Status": "affected"}),
        "Layer": {"Digest": "sha256:" + "b" * 64, "DiffID": "sha256:" + "c" * 64},
        "SeveritySource": "debian",
        "PrimaryURL": f"https://avd.aquasec.com/nvd/cve-2026-{number}",
        "DataSource": {"ID": "debian", "Name": "Debian Security Tracker", "URL": "https://salsa.debian.org"},
        "Title": "openssl: a way in",
        "Description": "A way in.",
        "Severity": severity,
        "CweIDs": ["CWE-787"],
    }


def report(image: str, *results: list[dict[str, object]]) -> dict[str, object]:
    """A whole one; a result without findings has no list of them, as Trivy's."""
    return {
        "SchemaVersion": 2,
        "Trivy": {"Version": "0.74.0"},
        "CreatedAt": "2026-11-23T05:15:42.123456789Z",
        "ArtifactName": image,
        "ArtifactType": "container_image",
        "Metadata": {
            "OS": {"Family": "debian", "Name": "13.2"},
            "ImageID": "sha256:" + "d" * 64,
            "RepoTags": [image.split("@", maxsplit=1)[0]],
            "RepoDigests": [image],
            "ImageConfig": {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}},
        },
        "Results": [
            {
                "Target": f"{image} (debian 13.2)",
                "Class": "os-pkgs",
                "Type": "debian",
                **({"Vulnerabilities": found} if found else {}),
            }
            for found in results
        ],
    }


def write(folder: Path, image: str, *results: list[dict[str, object]]) -> None:
    """Have the program find this in an image."""
    name = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
    (folder / f"{name}.json").write_text(json.dumps(report(image, *results)), encoding="utf-8")


def install(folder: Path) -> Path:
    """The program, in a folder for the PATH."""
    program = folder / "trivy"
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    return folder
