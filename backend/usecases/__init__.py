"""What the system does: a file for each verb, whose signature shows what it touches.

Beside them stands what several verbs share: how things are kept (`records`, `…_records`), how a job is
changed and removed (`job_changes`, `job_removal`), what a repeated call gets (`idempotency`). `batch` has
the parts of the longest verb.
"""
