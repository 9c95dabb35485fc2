"""The images that booted machines stand on: each a value, one builder and cache for all."""
