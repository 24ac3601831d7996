"""History that nobody can rewrite: who did what, when, from where and in which request.

Each change adds a line. The database refuses to change or remove a line. A nightly chain of seals
shows it if somebody got around the database.
"""
