"""What the system does, one file per verb. A signature shows what it touches; none calls another."""
