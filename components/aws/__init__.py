"""What the foundation keeps at AWS: one component a file. Its names are those of components/aws_names.py."""
