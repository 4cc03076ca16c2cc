"""Views for whoever asks the journal in SQL: what happened to contacts and agents, and each day's official figures.

The same formulas of counting as the metrics' (docs/metrics.md): at the outcome, a contact once per queue it enters.
Days and hours are Seoul's (UTC+9, no summer time).
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CONTACT_MOVES = """
CREATE VIEW contact_moves AS
SELECT run, seq, at,
  date(at + 32400, 'unixepoch') AS day,
  CAST(strftime('%H', at + 32400, 'unixepoch') AS INTEGER) AS hour,
  contact_id, agent_id, queue, language, old, new,
  json_extract(body, '$.topic') AS topic,
  json_extract(body, '$.channel') AS channel,
  json_extract(body, '$.offered') AS offered,
  new = 'connected' AND json_extract(body, '$.within_threshold') IS NOT NULL AS answered,
  new = 'connected' AND coalesce(json_extract(body, '$.within_threshold'), 0) AS answered_within,
  new = 'abandoned' AS abandoned,
  new = 'abandoned' AND coalesce(json_extract(body, '$.detail'), '') = 'short' AS abandoned_short,
  new IN ('overflowed', 'closed', 'callback_booked', 'failed')
    AND coalesce(json_extract(body, '$.detail'), '') NOT IN ('later', 'unkept', 'rang_in', 'withdrawn') AS flowed_out,
  new = 'connected' AND coalesce(json_extract(body, '$.detail'), '') = 'kept' AS callbacks_kept,
  coalesce(old, '') = 'connected' AS talked,
  json_extract(body, '$.waited_s') AS waited_s,
  CASE WHEN old = 'connected' THEN json_extract(body, '$.talk_s') ELSE 0.0 END AS talk_s,
  CASE WHEN old = 'connected' THEN json_extract(body, '$.hold_s') ELSE 0.0 END AS hold_s
FROM facts WHERE kind = 'ContactMoved'
"""

AGENT_SPELLS = """
CREATE VIEW agent_spells AS
SELECT run, seq, at - json_extract(body, '$.lasted_s') AS began, at AS ended, agent_id,
  json_extract(body, '$.team') AS team,
  json_extract(body, '$.old_presence') AS presence,
  json_extract(body, '$.old_work') AS work,
  json_extract(body, '$.work') AS next_work,
  contact_id AS next_contact_id
FROM facts WHERE kind = 'AgentMoved'
"""

TRANSFERS = """
CREATE VIEW transfers AS
SELECT run, seq, at, contact_id, agent_id AS to_agent, json_extract(body, '$.by') AS by_agent,
  substr(json_extract(body, '$.detail'), 1, instr(json_extract(body, '$.detail'), ':') - 1) AS kind,
  substr(json_extract(body, '$.detail'), instr(json_extract(body, '$.detail'), ':') + 1) AS result
FROM facts WHERE kind = 'TalkNoted' AND json_extract(body, '$.what') = 'transfer'
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
    for statement in (CONTACT_MOVES, AGENT_SPELLS, TRANSFERS, DAY_FIGURES):
        op.execute(statement)


def downgrade() -> None:
    """Without them."""
    for name in ("day_figures", "transfers", "agent_spells", "contact_moves"):
        op.execute(f"DROP VIEW {name}")
