"""Who may do what in the cluster, beside who should."""
