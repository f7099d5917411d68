"""What the plane takes from Go modules as files: custom resource definitions and KWOK's stages, pinned by sum."""

from __future__ import annotations

from dataclasses import replace

from rehearsal.control_plane.modules import Source

# What runs here itself; rehearsal/tools/go.mod has the same version.
CONTROLLER = Source(
    module="github.com/bitnami-labs/sealed-secrets",
    version="v0.27.1",
    digest="h1:oSq/rCGYz0pk7RP4RacIorG/VCWA6c4D8wIEpRkZAUg=",
    files=("go.mod",),
)
# Versions: those that were applied together on 1.37.2 (the prototype), each the newest the Go proxy serves then.
DEFINITIONS = (
    Source(
        module="github.com/cert-manager/cert-manager",
        version="v1.21.2",
        digest="h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
        files=("deploy/crds/*.yaml",),
    ),
    Source(
        module="github.com/external-secrets/external-secrets",
        version="v1.3.2",
        digest="h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
        files=("deploy/crds/bundle.yaml",),
    ),
    Source(
        module="sigs.k8s.io/gateway-api",
        version="v1.6.3",
        digest="h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=",
        files=("config/crd/standard/*.yaml",),
    ),
    Source(
        module="github.com/prometheus-operator/prometheus-operator",
        version="v0.85.0",
        digest="h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        files=("example/prometheus-operator-crd/*.yaml",),
    ),
    Source(
        module="github.com/cloudnative-pg/cloudnative-pg",
        version="v1.27.0",
        digest="h1:mp0zlYO4vKAJmQdArWORWKr1lmB4Hj8JeBQGX5RBnpg=",
        files=("config/crd/bases/*.yaml",),
    ),
    replace(CONTROLLER, files=("helm/sealed-secrets/crds/*.yaml",)),
)
STAGES = Source(
    module="sigs.k8s.io/kwok",
    version="v0.8.0",
    digest="h1:OTIOTwgROqPMovcTwxICx2eYQ4AwLpSx5EpjbDKF4SQ=",
    files=(
        "kustomize/stage/node/fast/node-*.yaml",
        "kustomize/stage/node/heartbeat-with-lease/node-*.yaml",
        "kustomize/stage/pod/fast/pod-*.yaml",
    ),
)


def pinned(module: str) -> Source:
    """The definitions' source by its module's path; a test that takes other files of it takes the same version.

    Raises:
        StopIteration: none is of that module.
    """
    return next(each for each in DEFINITIONS if each.module == module)
