#!/bin/bash
# `make restore-drill`: backs a portal up, restores it elsewhere, and proves that it is the same portal.
#
# By default it uses the demo association in a folder of its own; in PostgreSQL if DATABASE_URL names one (two databases
# are made beside it and removed). For the portal of this environment, while nobody writes:
#
#   DRILL_EMAIL=ada@example.org DRILL_PASSWORD=… deploy/restore_drill.sh here
#
# These must be equal: rows and sums of every table, the digest of its content in the order of its key, every uploaded
# file, the secret key, the PDF transcripts that the member of DRILL_EMAIL gets from each portal after signing in, and
# those of a member with an authenticator app (DRILL_APP_EMAIL, DRILL_APP_PASSWORD and DRILL_APP_SECRET, the app's key),
# if one is named. The key of second factors, which is not in any backup, must open each of them in the copy.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { echo "drill: $*"; }
stop() { echo "drill: $*" >&2; exit 1; }
manage() { .venv/bin/python manage.py "$@"; }

work=$(mktemp -d)
servers=()
databases=()
finish() {
    trap '' INT TERM
    [ ${#servers[@]} = 0 ] || { kill "${servers[@]}" && wait "${servers[@]}"; } 2>/dev/null || true
    [ ${#databases[@]} = 0 ] || for name in "${databases[@]}"; do dropdb --force --if-exists "$name"; done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Find out where this environment keeps its data, without making a key in its folder.
where=$(AMTPORTAL_VAR=$work/nobody .venv/bin/python deploy/database.py)
postgres=${DATABASE_URL:-}
[[ $postgres == postgres* ]] || postgres=""
beside() { # beside NAME: a new database on the same server, and its DATABASE_URL
    local name=drill_$1_$$
    createdb "$name"
    databases+=("$name")
    made=${postgres%/*}/$name
}
[ -z "$postgres" ] || eval "$where"

if [ "${1:-}" = here ]; then
    [ -n "${DRILL_EMAIL:-}" ] && [ -n "${DRILL_PASSWORD:-}" ] || stop "set DRILL_EMAIL and DRILL_PASSWORD"
    source_var=$(realpath -m "${AMTPORTAL_VAR:-var}") source_url=${DATABASE_URL:-}
else
    source_var=$work/source source_url=""
    [ -z "$postgres" ] || { beside source; source_url=$made; }
    unset SECRET_KEY
fi
target_var=$work/target target_url=""
[ -z "$postgres" ] || { beside target; target_url=$made; }
unset CACHE_URL

at() { # at source|target COMMAND…
    local var=$1_var url=$1_url
    if [ -n "${!url}" ]; then export DATABASE_URL=${!url}; else unset DATABASE_URL; fi
    export AMTPORTAL_VAR=${!var}
    "${@:2}"
}

if [ "${1:-}" != here ]; then
    say "loading the demo association"
    at source manage migrate --verbosity 0
    at source manage createcachetable
    at source manage demo --verbosity 0
    at source manage seal_history
    mkdir -p "$source_var/media/evidence"
    head -c 100000 /dev/urandom > "$source_var/media/evidence/certificate of attendance.pdf"
    DRILL_EMAIL=midway@demo.example DRILL_PASSWORD="amtrax demo portal"
    DRILL_APP_EMAIL=met@demo.example DRILL_APP_PASSWORD=$DRILL_PASSWORD DRILL_APP_SECRET=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
    at source manage shell --verbosity 0 --command "
from allauth.mfa.totp.internal.auth import TOTP
from amtportal.members.models import User
TOTP.activate(User.objects.get(email='$DRILL_APP_EMAIL'), '$DRILL_APP_SECRET')"
fi
# Both use one address, because it is printed on the transcripts.
PORT=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PORT AMTPORTAL_URL=http://localhost:$PORT
fetch() { # fetch source|target: serves that portal, signs in, and notes the digest of each member's transcripts
    at "$1" exec .venv/bin/gunicorn --config deploy/gunicorn.conf.py amtportal.wsgi > "$work/$1.log" 2>&1 &
    servers=($!)
    for _ in $(seq 300); do
        ! grep -q '^Portal:' "$work/$1.log" || break
        sleep 0.2
    done
    grep -q '^Portal:' "$work/$1.log" || { cat "$work/$1.log" >&2; stop "the $1 portal did not start"; }
    .venv/bin/python deploy/sign_in.py "$AMTPORTAL_URL" "$DRILL_EMAIL" <<< "$DRILL_PASSWORD" > "$work/$1.pdfs" ||
        stop "no sign-in to the $1 portal"
    # The copy gets the next code, because the first one was used before the copy was made.
    [ -z "${DRILL_APP_EMAIL:-}" ] || .venv/bin/python deploy/sign_in.py "$AMTPORTAL_URL" "$DRILL_APP_EMAIL" "$2" \
        <<< "$DRILL_APP_PASSWORD"$'\n'"$DRILL_APP_SECRET" > "$work/$1.app.pdfs" ||
        stop "no sign-in with an authenticator app to the $1 portal"
    kill "${servers[@]}" && wait "${servers[@]}" || true
    servers=()
}
# This comes before the backup, because reading a transcript for the first time issues it.
[ -d "$source_var/static" ] || at source manage collectstatic --no-input --verbosity 0
fetch source 0
at source manage fingerprint > "$work/source.txt"

begun=$(date +%s.%N)
backup=$(at source deploy/backup.sh "$work/backups")
backed=$(date +%s.%N)
# An operator would bring it from the place where it is kept.
[ -n "${MFA_KEYS:-}" ] || { mkdir -m 700 "$target_var" && cp "$source_var/mfa-key" "$target_var/mfa-key"; }
at target deploy/restore.sh "$backup"
restored=$(date +%s.%N)
at target manage fingerprint > "$work/target.txt"

diff "$work/source.txt" "$work/target.txt" || stop "the restored database differs"
mkdir -p "$source_var/media"
diff -r "$source_var/media" "$target_var/media" || stop "the restored files differ"
cmp "$backup/secret-key" "$target_var/secret-key"
at target manage verify_records || stop "the restored records do not verify"
say "equal: $(grep -c sha256 "$work/source.txt") tables," \
    "uploaded files ($(find "$target_var/media" -type f | wc -l)), the secret key"

cp -a "$source_var/static" "$target_var/static"
at target manage createcachetable
fetch target 1
diff "$work/source.pdfs" "$work/target.pdfs" || stop "the transcripts differ"
say "equal: $(wc -l < "$work/target.pdfs") transcript of $DRILL_EMAIL, fetched after signing in before and after"
if [ -n "${DRILL_APP_EMAIL:-}" ]; then
    diff "$work/source.app.pdfs" "$work/target.app.pdfs" || stop "the transcripts of $DRILL_APP_EMAIL differ"
    say "equal: $(wc -l < "$work/target.app.pdfs") transcript of $DRILL_APP_EMAIL, who signed in with an authenticator app"
fi
at target manage renew_encryption > /dev/null || stop "the key of second factors does not open each of them"
say "opened: every second factor, by the key that is kept separately"
LC_ALL=C awk -v a="$begun" -v b="$backed" -v c="$restored" \
    'BEGIN { printf "drill: backed up in %.1f s, restored in %.1f s\n", b - a, c - b }'
