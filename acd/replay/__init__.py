"""A past day through the present core and rules: the first decision that differs, and why. Pure.

`events` finds again what must have happened to give the journal's facts, `run` lets it happen to a fresh core and
compares decision by decision, `why` puts the first difference into words. The journal keeps facts, not events, so this
is sound only where the facts tell enough; what is left out is counted (`events.Left`).
"""
