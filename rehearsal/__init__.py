"""The rehearsal: a real Kubernetes control plane on this machine, and an engine that runs the program against it."""
