"""The machines of the twin and the wires between them."""
