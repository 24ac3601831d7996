"""The desk of the staff: what waits, one search over members, one page for each member.

- ``waiting``: what waits for staff, with the number and the oldest; ``today``: the figures of the
  day; ``lists``: the lists that the start page names.
- ``search``: members by whatever somebody says on the phone.
- ``overview``, ``changes``: what the page of a member shows.
- ``notes``: what staff write down about a member, for staff.
- ``viewing``: the portal as a member sees it, read-only.
- ``nightly``: whether the commands of the night ran.
- ``site``, ``views``: the admin site with its start page and the search.

The page of a member and its tabs are in ``ccp.admin.member_page``, because they show the actions of
all nouns.
"""
