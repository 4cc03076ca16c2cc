"""Two engines for one centre, of which one serves: who it is, and when the other takes over.

`rules` decides (pure), `lock` holds the database's advisory lock, `word` reads and writes at the PBX who serves, `turn`
puts the three together for an engine's process. Why two signs: docs/adr/0018-a-second-engine.md.
"""
