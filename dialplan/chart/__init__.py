"""The rules as pictures: a call's way from the number to the teams, and the year's hours. Pure: rules in, text out.

`graph` says what there is and what leads where, `lit` which part of it one call goes through; `flow` draws it as SVG,
`mermaid` as text for a README; `year` draws the calendar. `shapes` are the few SVG elements that they are made of.
"""
