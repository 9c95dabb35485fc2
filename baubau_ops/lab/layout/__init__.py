"""What a twin consists of."""
