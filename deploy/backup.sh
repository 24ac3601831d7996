#!/bin/bash
# Backs up the portal: database, uploads and secret key.
#
#   deploy/backup.sh FOLDER     makes FOLDER/amtportal-YYYYMMDDTHHMMSSZ and prints its path
#
# Uses the same environment as the portal (DATABASE_URL, AMTPORTAL_VAR, SECRET_KEY). Members can keep recording: the
# copy of the database shows one moment. A backup is complete, or it does not exist. It holds every secret of the
# portal: docs/operations.md says where to keep it.
set -euo pipefail
[ $# = 1 ] || { echo "usage: deploy/backup.sh FOLDER" >&2; exit 2; }
umask 077
mkdir -p "$1"
folder=$(realpath "$1")
cd "$(dirname "$0")/.."

where=$(.venv/bin/python deploy/database.py)
eval "$where"
backup=$folder/amtportal-$(date -u +%Y%m%dT%H%M%SZ)
[ ! -e "$backup" ] || { echo "$backup already exists." >&2; exit 1; }
part=$(mktemp -d "$folder/.part-XXXXXX")
trap 'rm -rf "$part"' EXIT

# The database comes first: a file is written before the row that names it, and deleted a day after the row says that it
# was removed. So no file that the database names is missing from the files that are copied second.
if [ -n "$SQLITE_FILE" ]; then
    .venv/bin/python - "$SQLITE_FILE" "$part/database.sqlite3" <<'PYTHON'
import sqlite3
import sys

with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=60) as source:
    with sqlite3.connect(sys.argv[2]) as copy:
        source.backup(copy)  # in one step: writers wait for it, and nobody writes in between
        assert copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
PYTHON
else
    pg_dump --format=custom --no-owner --no-privileges --file="$part/database.dump"
fi
mkdir -p "$MEDIA"
# Status 1 means that a file was added, grew or was removed in the meantime. The copied database does not name it.
tar --create --file="$part/media.tar" --directory="$MEDIA" --transform='s,^\.,media,' . || [ $? = 1 ]
printf '%s\n' "${SECRET_KEY:-$(cat "$VAR/secret-key")}" > "$part/secret-key"
(cd "$part" && sha256sum -- * > SHA256SUMS)
sync -f "$part"
mv "$part" "$backup"
echo "$backup"
