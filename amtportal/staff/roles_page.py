"""docs/roles.md, made from the table of roles: role × action × allowed."""

from collections.abc import Iterator

from django.apps import apps

from amtportal.staff.roles import ALLOWED, Role

TITLES = {
    "members": "Members, accounts, questions and mail",
    "desk": "The desk",
    "sharing": "Sharing",
    "exports": "Members' archives",
    "privacy": "Access and erasure by law",
    "notices": "Notices",
    "reports": "Lists and reports",
    "certifications": "Certifications, cycles, invoices and payments",
    "badges": "Badges",
    "api": "Course systems",
    "ccp": "Entries, credits and the list of qualifying activities",
    "payments": "Online payments and refunds",
    "audits": "Audits",
    "auth": "Groups",
    "account": "E-mail addresses",
    "mfa": "Second factors",
    "history": "History",
}
INTRODUCTION = """# Roles of staff

What each ready-made group may do. This file is made from `amtportal/staff/roles.py`:
`WRITE_ROLES=1 .venv/bin/python -m pytest tests/amtportal/staff/test_roles.py` writes it, and a test
fails when it says something else than the code.

- The groups are made when the migrations are done ([decision
  78](decisions/0078-roles-are-groups-that-a-table-keeps-up.md)). Staff may change them; a later
  release adds only permissions that are new.
- An account of the staff is put into groups on its page, *Accounts*, by an administrator: never
  the own account, and never with a right that the administrator lacks. Superusers, who set the
  portal up, also change groups and give single permissions.
- The auditor reads all and changes nothing. That a list was opened stays on record like for everybody.
- The audit coordinators, audit reviewers and the audit appeal board are for people who act for AMT
  in audits and in nothing else.
- A verb may refuse more: who reviewed a case does not confirm its outcome, and nobody undoes their
  own revocation.

“Yes” means allowed, “–” not.
"""


def role_page() -> str:
    """Return the text of the file."""
    return INTRODUCTION + "".join(_parts())


def _parts() -> Iterator[str]:
    names = _names()
    untold = {permission.split(".")[0] for permission in ALLOWED} - TITLES.keys()
    assert not untold, f"TITLES has no title for {untold}"
    for app, title in TITLES.items():
        of_app = [permission for permission in ALLOWED if permission.split(".")[0] == app]
        yield f"\n## {title}\n\n| action | permission | {' | '.join(Role)} |\n| --- | --- |{' --- |' * len(Role)}\n"
        for permission in of_app:
            cells = " | ".join("Yes" if role in ALLOWED[permission] else "–" for role in Role)
            yield f"| {names[permission]} | `{permission}` | {cells} |\n"


def _names() -> dict[str, str]:
    """Return what each permission allows, in words: its name without *Can*."""
    names: dict[str, str] = {}
    for model in apps.get_models():
        meta = model._meta
        for action in meta.default_permissions:
            names[f"{meta.app_label}.{action}_{meta.model_name}"] = f"{action} {meta.verbose_name_raw}"
        names |= {f"{meta.app_label}.{codename}": str(name) for codename, name in meta.permissions}
    return {permission: _begun(name.removeprefix("Can ")) for permission, name in names.items()}


def _begun(words: str) -> str:
    return words[0].upper() + words[1:]
