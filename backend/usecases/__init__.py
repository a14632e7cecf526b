"""What the system does, one file per verb. A use case's signature shows what it touches; none calls another."""
