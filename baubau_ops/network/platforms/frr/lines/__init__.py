"""What is known of single lines of a text."""
