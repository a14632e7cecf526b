"""Reads companies' websites: fetching (`fetching`, `visit`, `transport`) apart from parsing (`parsing`).

`web_pages.WebPages` is the port's implementation and puts the parts in order.
"""
