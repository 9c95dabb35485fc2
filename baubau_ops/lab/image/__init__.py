"""The images that booted machines run: each is a value; all share one builder and cache."""
