"""Mail that staff write to the members of a list: who gets it, what it says, and how it is sent once."""
