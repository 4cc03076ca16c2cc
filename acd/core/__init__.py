"""The pure core of the ACD: state, events in, commands out. No I/O, no clock, no random numbers, no logs.

From outside: `step.new_state`, `step.step`, `step.next_deadline`, `snapshot.snapshot`, `snapshot.position`, and the
vocabulary: `events` in, `commands` and `facts` out, `states` as tables. Inside, lower files first: `model` (what is
remembered), `timers`, `idle` (orders of idle agents), `matching` (lanes and choices), `moves` (the only places where
a state changes), `reservations`, `talks`, then `*_events` (what each event does) and `step`. `invariants` is for tests
and simulations, `figures` for whoever prints figures.
"""
