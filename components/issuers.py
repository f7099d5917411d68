"""What signs certificates: Let's Encrypt, and an authority of our own where nobody outside has to trust it."""

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions
from settings.issuers import LetsEncrypt, Route53

API_VERSION: Final = "cert-manager.io/v1"
AUTHORITY: Final = "stratmaster-ca"
"""The Issuer, its Certificate and their Secret."""
DIRECTORIES: Final = {
    "letsencrypt-prod": "https://acme-v02.api.letsencrypt.org/directory",
    "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}
"""Name (facts.md C41) -> where Let's Encrypt answers (letsencrypt.org/docs/acme-protocol-updates)."""


@dataclass(frozen=True, kw_only=True)
class IssuersArgs:
    """Which issuers.

    Attributes:
        namespace: of the authority, which signs for nobody outside it.
        lets_encrypt: how names are proved; None where the cluster has these issuers already.
        email: whom Let's Encrypt writes to.
        authority: whether there is one.
    """

    namespace: pulumi.Input[str]
    lets_encrypt: LetsEncrypt | None
    email: str
    authority: bool


class Issuers(pulumi.ComponentResource):
    """ClusterIssuers for Let's Encrypt's two services, and an Issuer `stratmaster-ca` in our namespace.

    Each is awaited until it is Ready, that is, until the account is registered: an issuer that can't work is told here
    and not by a cut-over that waits for its certificate. The staging one proves names in the same way without the
    limits of the other (letsencrypt.org/docs/rate-limits: five certificates of the same names a week, five failures an
    hour), so a new set-up is tried with it.

    The authority is namespaced: a ClusterIssuer would sign any name for anybody in the cluster who asks. Its own key
    is kept when it renews, since all who trust it would have to be told of a new one.
    """

    def __init__(self, name: str, args: IssuersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:Issuers", name, None, opts)
        if args.lets_encrypt is not None:
            solver = _solver(args.lets_encrypt)
            for issuer, server in DIRECTORIES.items():
                acme = {
                    "server": server,
                    "email": args.email,
                    "privateKeySecretRef": {"name": f"{issuer}-account-key"},
                    "solvers": [solver],
                }
                self._object("ClusterIssuer", issuer, {"acme": acme})
        if args.authority:
            self._authority(args.namespace)
        self.register_outputs({})

    def _authority(self, namespace: pulumi.Input[str]) -> None:
        root = f"{AUTHORITY}-root"
        signs_itself = self._object("Issuer", root, {"selfSigned": {}}, namespace)
        certificate = self._object(
            "Certificate",
            AUTHORITY,
            {
                "isCA": True,
                "commonName": AUTHORITY,
                "secretName": AUTHORITY,
                "duration": "87600h",
                "renewBefore": "8760h",
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Never"},
                "usages": ["cert sign", "crl sign", "digital signature"],
                "issuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": root},
            },
            namespace,
            after=signs_itself,
        )
        self._object("Issuer", AUTHORITY, {"ca": {"secretName": AUTHORITY}}, namespace, after=certificate)

    def _object(
        self,
        kind: str,
        name: str,
        spec: dict[str, object],
        namespace: pulumi.Input[str] | None = None,
        *,
        after: CustomResource | None = None,
    ) -> CustomResource:
        metadata: dict[str, object] = {
            "name": name,
            "labels": conventions.labels("issuer"),
            "annotations": conventions.waits_for("condition=Ready"),
            **({"namespace": namespace} if namespace else {}),
        }
        return CustomResource(
            name if kind != "Certificate" else f"{name}-certificate",
            api_version=API_VERSION,
            kind=kind,
            metadata=metadata,
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after] if after else []),
        )


def _solver(settings: LetsEncrypt) -> dict[str, object]:
    """How a name is proved.

    Its Service would be a NodePort by default, which the namespace's quota has no room for: nothing of ours is reached
    around the gateway.
    """
    if settings.route53 is not None:
        return {"dns01": {"route53": _route53(settings.route53)}}
    if settings.challenge == "ingress":
        return {"http01": {"ingress": {"ingressClassName": settings.ingress_class, "serviceType": "ClusterIP"}}}
    gateway = {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "name": conventions.GATEWAY,
        "namespace": conventions.PRODUCTION_NAMESPACE,
        "sectionName": "http",
    }
    return {"http01": {"gatewayHTTPRoute": {"serviceType": "ClusterIP", "parentRefs": [gateway]}}}


def _route53(settings: Route53) -> dict[str, object]:
    """A zone, and the role that cert-manager's own identity assumes. With the zone's id it needn't list zones."""
    return {"hostedZoneID": settings.hosted_zone_id, "region": settings.region, "role": settings.role}
