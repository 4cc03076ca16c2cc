"""What the operators' rules say: YAML, its schema, the calendar and the pure decision. Imports nothing of ours."""
