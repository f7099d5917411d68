"""What runs inside the cluster: the data's migrations, backups, restores, drills and upkeep, as one image."""
