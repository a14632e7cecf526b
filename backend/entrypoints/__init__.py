"""HTTP in, a use case, HTTP out. No rule is decided here and no outside system is named."""
