"""Rowmill's service: the layers of docs/architecture.md, outermost first.

app → bootstrap → entrypoints | adapters | local → config → usecases → ports → files → domain → errors
"""
