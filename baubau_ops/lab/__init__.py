"""The twin: the whole city booted on one machine, in namespaces of its own."""
