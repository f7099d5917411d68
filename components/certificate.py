"""The certificate `stratmaster-tls`."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """For whom and by whom.

    Attributes:
        namespace: where the Certificate and its Secret live.
        host: the one name it is for.
        issuer: who signs.
        issuer_kind: ClusterIssuer, or Issuer for one of the namespace.
        after: what has to be there first. A component's own dependencies don't reach its children, so they are named.
    """

    namespace: pulumi.Input[str]
    host: str
    issuer: str
    issuer_kind: str
    after: Sequence[pulumi.Resource] = ()


class Certificate(pulumi.ComponentResource):
    """A certificate of 90 days that cert-manager renews 30 days before it ends, with a new private key each time.

    The guide's annotation that forces a renewal is no feature of cert-manager (facts.md C40): `runbook certificates
    renew` does it.
    It is awaited, so a cut-over never ends at a name that browsers refuse.
    """

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:Certificate", name, None, opts)
        CustomResource(
            "certificate",
            api_version="cert-manager.io/v1",
            kind="Certificate",
            metadata={
                "name": conventions.TLS,
                "namespace": args.namespace,
                "labels": conventions.labels("certificate"),
                "annotations": conventions.waits_for("condition=Ready"),
            },
            spec={
                "secretName": conventions.TLS,
                "dnsNames": [args.host],
                "duration": "2160h",
                "renewBefore": "720h",
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
                "usages": ["digital signature", "server auth"],
                "issuerRef": {"group": "cert-manager.io", "kind": args.issuer_kind, "name": args.issuer},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.register_outputs({})
