"""Whether everything is well: readiness, metrics, and where the time of a request or a task went. Nothing here knows a person."""
