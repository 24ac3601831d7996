"""The staff side of the portal: what the admin pages of all apps share.

- ``pages``: the base of every admin class, with search, history, and what nobody may delete or
  edit.
- ``changelists``: lists of a million rows, with counting up to a bound and filters by day.
- ``forms``: amounts typed in dollars, reasons, and forms that check every constraint.
- ``actions``: pages on which staff do something to one record: what will happen, a form, a button.

The rules that an admin page shows or follows are in the module of their noun, never here.
"""
