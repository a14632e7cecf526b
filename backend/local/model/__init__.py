"""A stand-in for OpenAI's `/v1/chat/completions`: answers made from the row's own words, offline.

Start it with `python -m backend.local.model`; tests start `app.create_app` in their own process.
"""
