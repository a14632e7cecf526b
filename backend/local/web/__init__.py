"""A stand-in for the web: every host name is answered by one local server, with a site made of words.

Start it with `python -m backend.local.web`; tests start `app.create_app` in their own process.
"""
