"""A stand-in for Google's identity: OAuth 2.0 tokens, ID tokens and the certificates that verify them."""
