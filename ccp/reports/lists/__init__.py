"""Lists of members to act on, which staff filter, sort, save, take out as a file, and mail.

``base`` says what a list is; each list has its module; ``registry`` names them all.
"""
