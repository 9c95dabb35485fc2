"""What must hold between the files."""
