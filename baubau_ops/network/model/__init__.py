"""Models of routers as plain values: what each configuration says, independent of any platform's syntax."""
