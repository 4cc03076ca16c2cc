"""A day of the centre in a second: the same core as live, driven by drawn callers and agents on duty.

Pure: rules, a plan and a seed in, figures out. No I/O, no clock; randomness comes from the seed alone. `draws` and
`plan` say who calls, `staff` who is on duty, `day` runs it, `witness` judges the matching by a naive second opinion,
`figures` counts, `faults` runs it over a PBX whose events get lost, late and doubled.
"""
