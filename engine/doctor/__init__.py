"""`./ringmaster doctor`: looks at the machine, the programs, the files and the running centre; changes nothing.

Each room yields findings; a finding that is not fine names its remedy.
"""
