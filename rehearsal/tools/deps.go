//go:build tools

package main

// Helm's command is a package main, so it is built beside this one, from this module's versions.
import _ "helm.sh/helm/v3/cmd/helm"
