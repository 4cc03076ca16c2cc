"""How many agents it takes: by formula for each hour and language, as shifts of three teams, and by simulation.

Pure: `erlang` is the mathematics, `need` asks it hour by hour, `shifts` covers the hours, `check` plays the day with
the rules and their agents. What is read (journal, CSV) is the command's.
"""
