"""The PBX's manager interface: a client on asterisk-ami with its faults mended, and the translation of its events."""
