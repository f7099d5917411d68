"""The configuration: what is in the cluster, kept where the cluster's loss doesn't take it along, and put back."""
