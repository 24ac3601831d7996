"""The staff's side of the portal: what the admin pages of every app share.

- ``pages``: the base of every admin class: search, history, what nobody may delete or write by hand.
- ``changelists``: lists over a million rows: counting to a bound, filters that are conditions on the day.
- ``forms``: amounts typed in dollars, reasons, and forms that prove every constraint.
- ``actions``: pages on which staff do something to one record: what will happen, a form, a button.

A rule that an admin page shows or obeys lives in the module of its noun, never here.
"""
