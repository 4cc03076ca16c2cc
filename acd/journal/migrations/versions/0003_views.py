"""Views for whoever asks the journal in SQL: what happened to contacts and agents, and each day's official figures.

The same formulas of counting as the metrics' (docs/metrics.md): at the outcome, a contact once per queue it enters.
Days and hours are Seoul's (UTC+9, no summer time). One text for SQLite and PostgreSQL; what differs stands in `_WORDS`.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXTS = ("topic", "channel", "detail", "team", "old_presence", "old_work", "work", "by", "what")
_NUMBERS = ("waited_s", "talk_s", "hold_s", "lasted_s")
_FLAGS = ("offered", "within_threshold")

_NOT_COUNTED = "('later', 'unkept', 'rang_in', 'withdrawn', 'kept', 'handed_on')"  # acd.core.facts.NOT_COUNTED

# A field as text, as a number, as 0, 1 or NULL; Seoul's day and hour of `at`; where the colon stands in a text.
_WORDS = {
    "sqlite": (
        "json_extract(body, '$.{}')",
        "json_extract(body, '$.{}')",
        "json_extract(body, '$.{}')",
        "date(at + 32400, 'unixepoch')",
        "CAST(strftime('%H', at + 32400, 'unixepoch') AS INTEGER)",
        "instr({}, ':')",
    ),
    "postgresql": (
        "(body::json ->> '{}')",
        "CAST(body::json ->> '{}' AS double precision)",
        "CAST(CAST(body::json ->> '{}' AS boolean) AS integer)",
        "to_char(to_timestamp(at + 32400) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        "CAST(to_char(to_timestamp(at + 32400) AT TIME ZONE 'UTC', 'HH24') AS integer)",
        "position(':' in {})",
    ),
}

CONTACT_MOVES = """
CREATE VIEW contact_moves AS
SELECT run, seq, at, {day} AS day, {hour} AS hour,
  contact_id, agent_id, queue, language, old, new, {topic} AS topic, {channel} AS channel, {offered} AS offered,
  CASE WHEN new = 'connected' AND {within_threshold} IS NOT NULL THEN 1 ELSE 0 END AS answered,
  CASE WHEN new = 'connected' AND {within_threshold} = 1 THEN 1 ELSE 0 END AS answered_within,
  CASE WHEN new = 'abandoned' AND coalesce({detail}, '') NOT IN {not_counted} THEN 1 ELSE 0 END AS abandoned,
  CASE WHEN new = 'abandoned' AND {detail} = 'short' THEN 1 ELSE 0 END AS abandoned_short,
  CASE WHEN new IN ('overflowed', 'closed', 'callback_booked', 'failed')
    AND coalesce({detail}, '') NOT IN {not_counted} THEN 1 ELSE 0 END AS flowed_out,
  CASE WHEN {detail} = 'kept' THEN 1 ELSE 0 END AS callbacks_kept,
  CASE WHEN old = 'connected' THEN 1 ELSE 0 END AS talked,
  {waited_s} AS waited_s,
  CASE WHEN old = 'connected' THEN {talk_s} ELSE 0.0 END AS talk_s,
  CASE WHEN old = 'connected' THEN {hold_s} ELSE 0.0 END AS hold_s
FROM facts WHERE kind = 'ContactMoved'
"""

AGENT_SPELLS = """
CREATE VIEW agent_spells AS
SELECT run, seq, at - {lasted_s} AS began, at AS ended, agent_id, {team} AS team, {old_presence} AS presence,
  {old_work} AS work, {work} AS next_work, contact_id AS next_contact_id
FROM facts WHERE kind = 'AgentMoved'
"""

TRANSFERS = """
CREATE VIEW transfers AS
SELECT run, seq, at, contact_id, agent_id AS to_agent, {by} AS by_agent,
  substr({detail}, 1, {colon} - 1) AS kind, substr({detail}, {colon} + 1) AS result
FROM facts WHERE kind = 'TalkNoted' AND {what} = 'transfer'
"""

DAY_FIGURES = """
CREATE VIEW day_figures AS
SELECT day, queue, channel, language,
  sum(offered) AS offered, sum(answered) AS answered, sum(answered_within) AS answered_within,
  sum(abandoned) AS abandoned, sum(abandoned_short) AS abandoned_short, sum(flowed_out) AS flowed_out,
  sum(callbacks_kept) AS callbacks_kept,
  sum(answered * waited_s) AS answered_wait_s,
  sum(talked) AS talks, sum(talk_s) AS talk_s, sum(hold_s) AS hold_s
FROM contact_moves GROUP BY day, queue, channel, language
"""


def upgrade() -> None:
    """The views; no row changes."""
    text, number, flag, day, hour, colon = _WORDS[op.get_bind().dialect.name]
    words = {name: text.format(name) for name in _TEXTS}
    words |= {name: number.format(name) for name in _NUMBERS} | {name: flag.format(name) for name in _FLAGS}
    words |= {"not_counted": _NOT_COUNTED, "day": day, "hour": hour, "colon": colon.format(words["detail"])}
    for statement in (CONTACT_MOVES, AGENT_SPELLS, TRANSFERS, DAY_FIGURES):
        # As the driver gets it: a colon is no parameter, a percent sign no format.
        op.get_bind().exec_driver_sql(statement.format(**words))


def downgrade() -> None:
    """Without them."""
    for name in ("day_figures", "transfers", "agent_spells", "contact_moves"):
        op.execute(f"DROP VIEW {name}")
