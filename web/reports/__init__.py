"""The journal's figures for people: as a page, a table, a spreadsheet, on paper."""
