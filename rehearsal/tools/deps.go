//go:build tools

package main

import (
	// kubeseal is what tests hold our own sealing to.
	_ "github.com/bitnami-labs/sealed-secrets/cmd/kubeseal"
	// Helm's command is a package main, so it is built beside this one, from this module's versions.
	_ "helm.sh/helm/v3/cmd/helm"
)
