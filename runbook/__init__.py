"""What a person runs on a laptop: the guide's procedures that are neither a config change nor a job in the cluster."""
