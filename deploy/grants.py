"""Print what the role by which the portal connects to PostgreSQL may do, as statements for psql.

    .venv/bin/python deploy/grants.py ROLE | psql --single-transaction amtportal

Run it as the owner of the tables, after the first ``migrate`` and after each upgrade. The role must
exist and own nothing. It gets what the portal needs and no more: nothing is emptied, no trigger is
touched, and rows are deleted only from the few tables of ``DELETED_FROM``. What was granted before
is taken back first.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")

DELETED_FROM = {
    "django_session": "sign-out, and clearsessions",
    "usersessions_usersession": "sessions that ended",
    "members_outgoingmail": "mail that the mail server took",
    "members_mailpause": "a mail server that takes mail again",
    "members_maildelivery": "what became of mail, after 90 days",
    "members_tally": "counts of attempts that are over",
    "account_emailaddress": "an earlier address; its history stays",
    "account_emailconfirmation": "links to an earlier address",
    "mfa_authenticator": "a second factor that its owner, or a superuser, removes; its history stays",
    "auth_group": "a group that nobody needs; its history stays",
    "auth_group_permissions": "what a group may do no longer",
    "members_user_groups": "who is no longer in a group",
    "members_user_user_permissions": "what an account may do no longer",
    "ccp_activitytype_credentials": "a credential for which a type counts no longer",
    "ccp_heldcredit": "a credit that AMT sent by mistake, and that nobody was credited; its history stays",
    "ccp_pendingfile": "a file that became evidence when its form was submitted, or whose form never was",
    "ccp_reading": "what was read from such a file",
    "notices_preference": "choices about notices of a member who was erased by law; their history stays",
    "members_searchterm": "a term by which a member is found no longer; it follows from the member's record",
    "django_tasks_database_dbtaskresult": "work that was done weeks ago",
    "allauth_idp_oidc_token": "tokens of course systems that are over, or whose key was revoked",
    "api_keptanswer": "answers to course systems that are kept no longer",
    "reports_savedfilter": "a filter that its owner needs no longer; its history stays",
    "certifications_credential": "a credential that nobody holds; its history stays",
}
READ_ONLY = ("django_migrations", "django_content_type", "auth_permission")


def statements(role: str) -> list[str]:
    """Return the statements, in their order. The tables are those of the database that is in use."""
    from django.conf import settings
    from django.db import connection

    quoted = connection.ops.quote_name(role)
    tables = set(connection.introspection.table_names())
    cache = {
        cache.get("LOCATION") for cache in settings.CACHES.values() if "DatabaseCache" in cache["BACKEND"]
    } & tables

    def grant(what: str, names: set[str]) -> str:
        listed = ", ".join(connection.ops.quote_name(name) for name in sorted(names))
        return f"GRANT {what} ON {listed} TO {quoted};"

    return [
        *(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON {kind} FROM {quoted};"
            for kind in ("TABLES", "SEQUENCES")
        ),
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted};",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {quoted};",
        f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {quoted};",
        f"GRANT USAGE ON SCHEMA public TO {quoted};",
        grant("SELECT", tables),
        # Triggers refuse an UPDATE of history; seal_history may lock a table only with this right.
        grant("INSERT, UPDATE", tables - set(READ_ONLY)),
        grant("DELETE", (DELETED_FROM.keys() & tables) | cache),
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted};",
    ]


if __name__ == "__main__":
    import django

    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: deploy/grants.py ROLE")
    django.setup()
    from django.db import connection

    if connection.vendor != "postgresql":
        sys.exit("DATABASE_URL names no PostgreSQL: SQLite knows no roles.")
    print("\n".join(statements(sys.argv[1])))
