"""Simulated citizens and agents with real SIP phones, for `./ringmaster up --demo`.

`people` draws who calls and how agents behave (pure), `phones` are the SIP user agents, `stage` lets the people use
the phones, `run` starts and ends all of it beside a running centre.
"""
