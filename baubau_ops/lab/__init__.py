"""The twin: the whole city booted on one machine, in its own namespaces."""
