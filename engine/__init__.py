"""The composition root: settings, wiring, supervision and the command line behind ./ringmaster."""
