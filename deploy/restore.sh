#!/bin/bash
# Restores what deploy/backup.sh made, into an empty database and a folder without data.
#
#   deploy/restore.sh [--without-second-factors] BACKUP
#
# DATABASE_URL and AMTPORTAL_VAR name the target. Existing data is never overwritten; a damaged
# backup is refused. The key of second factors is not in the backup: put it into MFA_KEYS or
# AMTPORTAL_VAR/mfa-key first. If it is lost, --without-second-factors continues with a new key, and
# old authenticator apps and recovery codes no longer work.
# Afterwards, run manage.py migrate, createcachetable, collectstatic, renew_encryption and
# verify_records; then start the portal.
set -euo pipefail
without=
[ "${1:-}" != --without-second-factors ] || { without=yes; shift; }
[ $# = 1 ] || { echo "usage: deploy/restore.sh [--without-second-factors] BACKUP" >&2; exit 2; }
umask 077
backup=$(realpath "$1")
cd "$(dirname "$0")/.."
stop() { echo "$*" >&2; exit 1; }

(cd "$backup" && sha256sum --check --strict --quiet SHA256SUMS) || stop "The backup is damaged; nothing was restored."
var=$(realpath -m "${AMTPORTAL_VAR:-var}")
[ -n "${MFA_KEYS:-}" ] || [ -s "$var/mfa-key" ] || [ -n "$without" ] || stop "Put the key of second factors into MFA_KEYS or \
$var/mfa-key: it is kept separately from the backup. If it is lost, add --without-second-factors."
mkdir -p "$var"
# This happens before the settings are read, because they would make a new key.
if [ -e "$var/secret-key" ]; then
    cmp -s "$var/secret-key" "$backup/secret-key" || stop "$var has another secret key: restore into an empty folder."
else
    cp "$backup/secret-key" "$var/secret-key"
fi
where=$(.venv/bin/python deploy/database.py)
eval "$where"
[ -z "$(ls -A "$MEDIA" 2>/dev/null)" ] || stop "$MEDIA has files: restore into an empty folder."

if [ -n "$SQLITE_FILE" ]; then
    [ -f "$backup/database.sqlite3" ] || stop "This backup is of PostgreSQL, and DATABASE_URL names SQLite."
    [ ! -s "$SQLITE_FILE" ] || stop "$SQLITE_FILE already exists: restore into an empty folder."
    cp "$backup/database.sqlite3" "$SQLITE_FILE.part"
    sync "$SQLITE_FILE.part"
    mv "$SQLITE_FILE.part" "$SQLITE_FILE"
else
    [ -f "$backup/database.dump" ] || stop "This backup is of SQLite, and DATABASE_URL names PostgreSQL."
    tables=$(psql -XAtc "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    [ "$tables" = 0 ] || stop "The database $PGDATABASE has tables: restore into an empty one."
    # Restore everything or nothing.
    pg_restore --single-transaction --exit-on-error --no-owner --no-privileges \
        --dbname="$PGDATABASE" "$backup/database.dump"
fi
mkdir -p "$MEDIA"
tar --extract --file="$backup/media.tar" --directory="$MEDIA" --strip-components=1
echo "Restored $(basename "$backup"). Now run .venv/bin/python manage.py migrate, and then its commands createcachetable, collectstatic, renew_encryption and verify_records."
