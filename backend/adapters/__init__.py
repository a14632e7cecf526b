"""The outside, one file per system: each speaks to it with the system's own client, gives what the port
promises, translates what goes wrong into `backend.errors` with the cause kept, and never sleeps.

A system that takes more than a file keeps its parts beside it under its name (`sheets_…`, `openai_…`).
Nothing is created at import; connections are made when a call first needs them.
"""
