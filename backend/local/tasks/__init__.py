"""A stand-in for Cloud Tasks v2 (REST), with a console page and a timer that serves as Cloud Scheduler."""
