"""Everything about me: an archive with all that the portal keeps of a member, for the member."""
