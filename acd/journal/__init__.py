"""The event store: every fact, by a thread of its own; never in a call's way.

`codec` makes rows of facts and facts of rows, `tables` is the schema, `writer` writes, `retention` deletes what is too
old, `read` and `agents` read, `migrate` is run as a short process of its own (alembic is 40 MB that the engine can do
without).
"""

SCHEMA = "0003"  # the newest migration; a file that has it needs no process to migrate it
