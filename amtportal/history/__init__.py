"""History that nobody rewrites: who did what, when, from where and in which request.

Each change leaves a line, the database refuses to change or remove a line, and a nightly chain of seals shows it where
somebody went past the database.
"""
