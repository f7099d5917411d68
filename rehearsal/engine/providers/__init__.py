"""What carries out each package's resource types."""
