#!/bin/bash
# Backs up the portal: database, uploads and secret key.
#
#   deploy/backup.sh [--keep DAYS] FOLDER
#
# makes FOLDER/amtportal-YYYYMMDDTHHMMSSZ and prints its path. With --keep, it restores the new
# database into one that it makes for this and removes again, compares the two, and only then removes
# backups in FOLDER that are older than so many days.
#
# It uses the same environment as the portal (DATABASE_URL, AMTPORTAL_VAR, SECRET_KEY): start it by
# deploy/env. Members can keep recording: the copy of the database shows one moment. A backup is
# either complete or does not exist. It holds every secret of the portal: docs/operations.md says
# where to keep it.
set -euo pipefail
usage() { echo "usage: deploy/backup.sh [--keep DAYS] FOLDER" >&2; exit 2; }
stop() { echo "$*" >&2; exit 1; }
keep=
[ "${1:-}" != --keep ] || { keep=${2:-}; [[ $keep =~ ^[1-9][0-9]*$ ]] || usage; shift 2; }
[ $# = 1 ] || usage
umask 077
mkdir -p "$1"
folder=$(realpath "$1")
cd "$(dirname "$0")/.."

where=$(.venv/bin/python deploy/database.py)
eval "$where"
backup=$folder/amtportal-$(date -u +%Y%m%dT%H%M%SZ)
[ ! -e "$backup" ] || stop "$backup already exists."
part=$(mktemp -d "$folder/.part-XXXXXX")
scratch=
finish() {
    [ -z "$scratch" ] || dropdb --force --if-exists "$scratch"
    rm -rf "$part"
}
trap finish EXIT
fingerprint() { .venv/bin/python manage.py fingerprint "$@"; }
# A backup of an empty database looks like a good one until somebody needs it: the usual reason is
# that the variables were not read, so that the portal's own default was backed up.
has_members() { [ "$1" = 1 ] || stop "${SQLITE_FILE:-The database $PGDATABASE} has no members, so nothing was backed up. Is \
DATABASE_URL set? Start this by deploy/env."; }

# The database is copied first: a file is written before the row that names it, and deleted a day
# after the row says that it was removed. So no file that the database names is missing from the
# files that are copied second.
if [ -n "$SQLITE_FILE" ]; then
    [ -f "$SQLITE_FILE" ] || has_members 0
    members=$(.venv/bin/python - "$SQLITE_FILE" "$part/database.sqlite3" <<'PYTHON'
import sqlite3
import sys

with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=60) as source:
    with sqlite3.connect(sys.argv[2]) as copy:
        source.backup(copy)  # in one step: writers wait for it, and nobody writes in between
        assert copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
        tables = copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'members_member'").fetchone()[0]
        print(tables and copy.execute("SELECT EXISTS (SELECT 1 FROM members_member)").fetchone()[0])
PYTHON
    )
    has_members "$members"
else
    members=$(psql -XAtc "SELECT to_regclass('members_member') IS NOT NULL") ||
        stop "The database $PGDATABASE does not answer, so nothing was backed up."
    [ "$members" != t ] || members=$(psql -XAtc "SELECT EXISTS (SELECT FROM members_member)")
    has_members "${members/t/1}"
    # One connection keeps the moment that is dumped, so that what was restored can be compared with
    # it although members keep recording.
    coproc moment { psql -XAtq; }
    echo "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT pg_export_snapshot();" >&"${moment[1]}"
    read -r snapshot <&"${moment[0]}"
    pg_dump --format=custom --no-owner --no-privileges --snapshot="$snapshot" --file="$part/database.dump"
fi
mkdir -p "$MEDIA"
# Status 1 means that a file was added, grew or was removed in the meantime. The copied database
# does not name that file.
tar --create --file="$part/media.tar" --directory="$MEDIA" --transform='s,^\.,media,' . || [ $? = 1 ]
printf '%s\n' "${SECRET_KEY:-$(cat "$VAR/secret-key")}" > "$part/secret-key"
(cd "$part" && sha256sum -- * > SHA256SUMS)
sync -f "$part"
mv "$part" "$backup"
echo "$backup"
[ -n "$keep" ] || exit 0

# From here on the backup stays, and so do the older ones if anything is not as it should be.
untried() { stop "$backup was made, but $*. No older backup was removed."; }
(cd "$backup" && sha256sum --check --strict --quiet SHA256SUMS) || untried "it is damaged"
mkdir "$part"
if [ -n "$SQLITE_FILE" ]; then
    cp "$backup/database.sqlite3" "$part/restored.sqlite3"
    fingerprint --database "$backup/database.sqlite3" > "$part/source"
    fingerprint --database "$part/restored.sqlite3" > "$part/copy"
else
    fingerprint --snapshot "$snapshot" > "$part/source"
    name=scratch_$$_$(date +%s)
    createdb "$name" || untried "the role of DATABASE_URL may not make the database into which it is restored: ALTER ROLE … CREATEDB"
    scratch=$name
    pg_restore --single-transaction --exit-on-error --no-owner --no-privileges --dbname="$scratch" "$backup/database.dump" ||
        untried "it cannot be restored"
    fingerprint --database "$scratch" > "$part/copy"
fi
diff "$part/source" "$part/copy" >&2 || untried "the database that was restored from it is another one"
find "$folder" -maxdepth 1 -name "amtportal-*" -mtime "+$keep" -exec rm -rf {} +
