"""Print where the portal keeps its data according to the settings.

The output is lines that the shell scripts in this folder `eval`. The password goes into the
environment, where other users of the machine cannot see it.
"""

import os
import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")

from django.conf import settings

database = settings.DATABASES["default"]
told = {"MEDIA": str(settings.MEDIA_ROOT), "VAR": str(settings.VAR_DIR)}
if database["ENGINE"].endswith("sqlite3"):
    told |= {"SQLITE_FILE": str(database["NAME"])}
else:
    names = {"NAME": "PGDATABASE", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "HOST": "PGHOST", "PORT": "PGPORT"}
    told |= {"SQLITE_FILE": ""} | {
        variable: str(database[name]) for name, variable in names.items() if database.get(name)
    }
    # The backup uses a connection that is as safe as the portal's.
    safe = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}
    told |= {safe[name]: str(value) for name, value in database.get("OPTIONS", {}).items() if name in safe}
for name, value in told.items():
    print(f"export {name}={shlex.quote(value)}")
