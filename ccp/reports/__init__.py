"""What staff take out of the record: lists of members to act on, mail to them, and figures for the board."""
