"""Information about single lines of a configuration."""
