// Command tools is the rehearsal's control plane in one binary: what it is called by (argv[0], a
// symbolic link) chooses which of the programs below it is. One binary, because linking Kubernetes'
// commands one by one costs twice the time of linking them together.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// programs are the commands this binary stands in for, by the name it is called with.
var programs = map[string]func(){
	"etcd":                      etcd,
	"kube-apiserver":            apiserver,
	"kube-controller-manager":   controllerManager,
	"kube-scheduler":            scheduler,
	"kubectl":                   kubectl,
	"kwok":                      kwok,
	"sealed-secrets-controller": sealedSecrets,
}

func main() {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	program, known := programs[name]
	if !known {
		names := make([]string, 0, len(programs))
		for each := range programs {
			names = append(names, each)
		}
		sort.Strings(names)
		fmt.Fprintf(os.Stderr, "called as %q, which is none of: %s\n", name, strings.Join(names, ", "))
		os.Exit(2)
	}
	program()
}
