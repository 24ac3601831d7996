"""Letters of audits: what they say, and how they reach the member by mail and on paper."""
