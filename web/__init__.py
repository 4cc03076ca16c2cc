"""Pages for people: the wallboard (전광판) and the reports, in processes of their own that no call waits for."""
