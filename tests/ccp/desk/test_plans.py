"""The start page and the search ask indexes, so that they cost the same for a million members.

PostgreSQL is told to avoid reading whole tables. If it does so nevertheless, no index fits the query.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import BouncingAddress, MailDelivery, Member, NameRequest, RosterDifference, SearchTerm
from ccp.models import Activity, Transcript
from certifications.models import Certification, Cycle, Payment, RenewalInvoice
from tests.support.builders import client_of, make_user
from tests.support.staff import populate

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.ignore_template_errors,
    pytest.mark.usefixtures("on_today"),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no such setting"),
]
BIG = (Activity, BouncingAddress, Certification, Cycle, MailDelivery, Member, NameRequest, Payment, RenewalInvoice)
BIG += (RosterDifference, SearchTerm, Transcript)  # type: ignore[assignment]


PATHS = (
    "/admin/",
    "/admin/search/?q=ada lane",
    "/admin/search/?q=lindkvist",
    "/admin/search/?q=ada@example.org",
    "/admin/search/?q=INV-0000001",
    "/admin/search/?q=CE-0000001",
    "/admin/search/?q=RMA-123456",
    "/admin/search/?q=7KQ2-M9XV-3T0B-HDWE",
)


def test_no_query_reads_a_big_table_from_end_to_end() -> None:
    populate(1)
    client = client_of(make_user(is_staff=True, is_superuser=True))
    with CaptureQueriesContext(connection) as captured:
        for path in PATHS:
            client.get(path)
    tables = {model._meta.db_table for model in BIG}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in captured:
            if not query["sql"].startswith("SELECT"):
                continue
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = [line for (line,) in cursor.fetchall()]
            whole = {table for table in tables for line in plan if f"Seq Scan on {table} " in line}
            assert not whole, (query["sql"], plan)
