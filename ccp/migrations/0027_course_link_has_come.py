from typing import Any

from django.db import migrations

from amtportal.history.shipped import write_lines


def load(apps: Any, schema_editor: Any) -> None:
    """Add AMT's own site, the only address that is known. Staff add the pages of the courses."""
    apps.get_model("ccp", "CourseLink").objects.create(
        title="AMT courses", title_in_spanish="Cursos de AMT", url="https://www.americanmedtech.org/"
    )
    write_lines(apps, "ccp", "CourseLink")


class Migration(migrations.Migration):
    dependencies = [
        ("ccp", "0026_home_links_to_courses"),
    ]

    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
