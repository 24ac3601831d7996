#!/bin/bash
# Gathers every sentence that readers see into amtportal/locale/es/LC_MESSAGES/django.po and compiles it.
#
#   deploy/messages.sh            gather and compile, and say what needs a translation
#   deploy/messages.sh gather     gather only (as a test does, in a copy of the project)
#
# The shipped names and guidance of the database are gathered from their JSON files.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}

"$python" deploy/shipped_words.py
"$python" manage.py makemessages --locale es --add-location file --no-obsolete --no-wrap \
    --ignore '.*' --ignore docs --ignore 'admin' --ignore tests --ignore var --ignore 'requirements*.txt' --verbosity 0
[ "${1:-}" != gather ] || exit 0
"$python" manage.py compilemessages --locale es --verbosity 0
msgfmt --statistics --check --output-file /dev/null amtportal/locale/es/LC_MESSAGES/django.po
