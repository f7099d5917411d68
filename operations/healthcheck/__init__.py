"""Whether everything is well, asked of the things themselves: HTTP, SQL, Redis, roll-outs, certificates, backups."""
