"""What a Helm release is made of: its chart, rendered with its own values."""
