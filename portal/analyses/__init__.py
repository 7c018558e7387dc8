"""Analysis: one model's answer about one scan; the row is the job."""
