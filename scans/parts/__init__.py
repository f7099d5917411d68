"""What is scanned, one module a part; `scans/cli.py` puts them together."""
