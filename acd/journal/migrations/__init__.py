"""Alembic's folder: the journal's schema, step by step."""
