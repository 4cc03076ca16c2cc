"""The pure core of the ACD: state, events in, commands out. No I/O, no clock, no random numbers, no logs."""
