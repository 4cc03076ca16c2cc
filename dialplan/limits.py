"""The most that anybody may send us: sizes, counts, rates and times of every input, each with its reason.

The one place for them: a room takes its bound from here and enforces it where the input comes in. docs/security.md
has them as a table, and `tests/unit/test_limits.py` holds that table, this file and the tests of each bound together.
What the operators bound (calls at once, who may wait, calls of one number) is in their rules instead. Numbers only.
"""

from __future__ import annotations

# --- FastAGI: what Asterisk, or whoever reached the port, says at the beginning of a call and as replies -------------
AGI_BACKLOG = 1024  # connections not yet accepted: a burst of calls is not a reason to lose one
AGI_ENVIRONMENT_LINES = 100  # Asterisk sends about 25, and up to 127 arguments of which we use none
AGI_LINE_BYTES = 8_192  # Asterisk's own line buffer
AGI_ENVIRONMENT_S = 5.0  # for all of it together: who says nothing holds no thread
AGI_COMMAND_S = 10.0  # for a command that takes no time of its own
AGI_USAGE_LINES = 200  # the manual page that follows a 520
AGI_SPARE_SESSIONS = 128  # beyond the callers whom the rules admit: agents' codes, who is sent on at once

# --- AMI -------------------------------------------------------------------------------------------------------------
AMI_LINE_BYTES = 1_000  # Asterisk reads 1,024 of a line and takes the rest for the next one
AMI_PACKET_BYTES = 1 << 20  # no packet of Asterisk's comes near; a peer that sends more is not Asterisk
AMI_PACKET_HEADERS = 2_000  # a Status with every variable has some hundred
AMI_LIST_EVENTS = 100_000  # of one answer: ten for each of 10,000 channels
AMI_OPEN_REPLIES = 2_000  # actions without an answer: ten seconds of the busiest hour
AMI_REPLY_S = 5.0  # then there is none

# --- keys of callers and agents --------------------------------------------------------------------------------------
KEYS_TYPED_AHEAD = 32  # more than all menus together ever ask for
NUMBER_DIGITS = 20  # of a number that is typed: no longer one is on any plan (E.164 has 15)
NUMBER_CHARS = 32  # of a number as a carrier or an operator writes it, blanks and hyphens included
PIN_TRIES = 5  # wrong ones in a row, of a supervisor
PIN_LOCKED_S = 600.0  # then: a million PINs at 5 in ten minutes take four years

# --- calls of one number: how many, is the operators' (trunks.yaml) --------------------------------------------------
FLOOD_NUMBERS = 20_000  # remembered; a flood with a new number each time can't fill the memory, only `max_calls`
FLOOD_CALLS_REMEMBERED = 1_000  # of one number: the largest `calls_per_number` that a rule may name
FLOOD_WORDS_AT_ONCE = 16  # callers who hear why at once; more hear the busy tone, which holds a line for 2 s, not 20

# --- rules (YAML): each is some ten times of what real rules need ----------------------------------------------------
RULES_FILE_BYTES = 2_000_000  # the city's largest file is under 200 kB
RULES_DEPTH = 20
RULES_NODES = 50_000  # after aliases are expanded: 272 bytes of them can become 35 million characters
RULES_ALIASES = 100
RULES_SCALAR_CHARS = 10_000
RULES_PROBLEMS = 1_000  # told of one folder; more help nobody

# --- the engine's own HTTP (loopback): metrics, health, the wallboard's figures ------------------------------------
HTTP_CONNECTIONS = 64  # a thread each; a scrape needs one, a wallboard two
HTTP_STREAMS = 16  # listeners on /events
HTTP_STREAM_BACKLOG = 2_000  # facts that a listener is behind: some seconds of the busiest hour, then it is cut off
HTTP_HEAD_BYTES = 16_384  # request line and headers together
HTTP_HEAD_S = 10.0  # for all of them together, from the connection or the answer before: also the idle time-out
HTTP_SEND_S = 10.0  # for one write to a client that does not read

# --- the pages for people -------------------------------------------------------------------------------------------
WEB_CONNECTIONS = 260  # viewers, and whoever comes for a page
WEB_VIEWERS = 200  # of the wallboard's stream at once
WEB_HEAD_BYTES = 16_384
WEB_HEAD_S = 10.0  # for a whole head: who connects and says nothing holds no place
WEB_IDLE_S = 5.0  # between two requests of one connection
WEB_SEND_S = 20.0  # for an answer that is not taken
WEB_FORM_BYTES = 4_096  # the log-in form
WEB_FORM_S = 5.0
LOGIN_TRIES = 5  # wrong passwords from one address
LOGIN_LOCKED_S = 60.0  # then, and after every further one anew
LOGIN_ADDRESSES = 1_000  # remembered for their failures

# --- what our own programs read of the engine, and of an archive ------------------------------------------------------
SNAPSHOT_BYTES = 4_000_000  # 10,000 agents take 2 MB
FACT_LINE_BYTES = 65_536  # a line of /events
BACKUP_CONTENTS_BYTES = 16 << 20  # the list at the head of an archive that `restore` is given
