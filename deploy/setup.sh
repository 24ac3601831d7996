#!/bin/bash
# Installs what is missing: Debian packages, uv in .tools, the locked Python packages in .venv.
#
#   deploy/setup.sh run     what the portal needs
#   deploy/setup.sh test    what `run` installs, and what the tests and checks need
#   deploy/setup.sh audit   what `test` installs, and the Java on which the HTML checker runs
#   deploy/setup.sh tutorial  what `test` installs, and ffmpeg, which writes the clips of the tutorial
#   deploy/setup.sh tools   only uv, which writes the lock files
#
# It is safe to run at any time, even after it was interrupted. If there is nothing to do, it takes a moment.
# Set PYTHON to build .venv with an interpreter other than python3.
set -euo pipefail
cd "$(dirname "$0")/.."

# WeasyPrint loads the pango and harfbuzz libraries.
run_packages=(python3 python3-venv libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
# With these, documents print the scripts of the world: 69 MB to download, 134 MB on disk. Without
# them the portal runs, and refuses a document that needs them. `run` therefore goes on without.
font_packages=(fonts-noto-cjk fonts-noto-core)
# With it, photos and scans of certificates are read and fill in the form: 4 MB to download. Without it the portal
# runs, and reads PDF files with text only. `run` therefore goes on without.
reading_packages=(tesseract-ocr tesseract-ocr-spa)
# The browser tests control Chromium through the Node.js that Playwright brings, which needs
# libatomic1; gettext finds every sentence to translate; the settings in deploy/proxy are tried with
# nginx and HAProxy.
test_packages=(chromium gettext haproxy libatomic1 nginx-light postgresql)
# Reports of mail that comes back are tried with OpenSMTPD. Debian has one mail server at a time, and
# another one is never removed for it.
[ -e /usr/sbin/sendmail ] || test_packages+=(opensmtpd)
# With it the browser tests take a third of the processor time: 64 MB to download, 224 MB on disk. Without
# it they use chromium. `test` therefore goes on without.
faster_packages=(chromium-headless-shell)

say() { echo "setup: $*" >&2; }
stop() { say "$@"; exit 1; }

# Runs a command without its output, which is shown if the command fails.
quietly() {
    local output
    output=$("$@" </dev/null 2>&1) || { echo "$output" >&2; stop "failed: $*"; }
}

say_which_fonts_are_missing() {
    command -v dpkg-query >/dev/null || return 0
    local missing
    mapfile -t missing < <(missing_packages "${font_packages[@]}")
    [ ${#missing[@]} -gt 0 ] || return 0
    say "documents in some scripts need fonts that only root can install, and are refused until then:"
    echo "sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
}

missing_packages() {
    local package
    for package in "$@"; do
        # Every status other than "installed" counts as missing, including half-configured.
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# Debian creates a database server when it installs postgresql, and starts it, nginx, HAProxy and
# OpenSMTPD. The tests start their own and this machine needs none, so that is switched off while we
# install, and only then. All but the database would start with the machine, which is switched off
# for good where we have installed them.
postgres_switch=/etc/postgresql-common/createcluster.d/amtportal-setup.conf
start_switch=/usr/sbin/policy-rc.d
services=(haproxy nginx opensmtpd)

install_debian_packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "this is not Debian: if something fails below, install your system's equivalent of: $*"
        return
    fi
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        say "Debian packages are missing, and only root can install them. Run this line, then start again:"
        echo "sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    say "installing Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    mkdir -p "$(dirname $postgres_switch)"
    local switches=("$postgres_switch")
    if [ ! -e $start_switch ]; then
        switches+=("$start_switch")
        printf '#!/bin/sh\nexit 101\n' > $start_switch
        chmod +x $start_switch
    fi
    # shellcheck disable=SC2064 # the names of now
    trap "rm -f ${switches[*]}" EXIT
    echo "create_main_cluster = false" > $postgres_switch
    quietly dpkg --configure -a # completes an installation that was cut short
    quietly apt-get update
    # Another apt (automatic upgrades on a new machine) may hold the lock: wait for it.
    quietly apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
    rm -f "${switches[@]}"
    local service
    for service in "${services[@]}"; do
        if [[ " ${missing[*]} " == *" $service"* ]] && command -v systemctl >/dev/null; then
            systemctl disable --quiet "$service" || true # where systemd does not run there is nothing to disable
        fi
    done
}

# Prints a digest of the contents of the named files, as one line that a stamp can hold.
fingerprint() { cat "$@" | sha256sum | cut -c1-64; }

# In each environment a stamp is written last. An environment without a stamp is incomplete and is
# made again.
stamp_of() { cat "$1/installed" 2>/dev/null || true; }

# Installs what makes the tests faster. A machine that cannot install it runs them as well.
install_what_makes_faster() {
    [ "$(id -u)" = 0 ] || return 0
    (install_debian_packages "$@") || say "going on without: $*"
}

make_tools() {
    local wanted
    # The stamp names the folder too: a virtual environment does not survive a move.
    wanted="$PWD $(fingerprint deploy/uv-requirements.txt)"
    if [ "$(stamp_of .tools)" = "$wanted" ] && .tools/bin/uv --version >/dev/null 2>&1; then
        return
    fi
    local python=${PYTHON:-python3}
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        stop "Python 3.11 or newer is needed; set PYTHON to its path"
    say "installing uv"
    rm -rf .tools
    "$python" -m venv .tools
    .tools/bin/python -m pip install --quiet --disable-pip-version-check \
        --require-hashes --only-binary :all: -r deploy/uv-requirements.txt >&2
    echo "$wanted" > .tools/installed
}

# Prints the folder and the Python version of .venv. If they or the lock file change, the environment
# is out of date.
python_of_venv() { .venv/bin/python -c 'import sys; print(sys.prefix, *sys.version_info[:3])' 2>/dev/null || true; }

make_environment() { # make_environment LOCKFILE
    local lock=$1 python wanted
    # If tests have run here, `run` keeps their packages: the lock file for tests contains everything
    # in the other one.
    [[ "$(stamp_of .venv)" != *" requirements-dev.txt "* ]] || lock=requirements-dev.txt
    python=$(python_of_venv)
    wanted="$python $lock $(fingerprint "$lock")"
    if [ -n "$python" ] && [ "$(stamp_of .venv)" = "$wanted" ]; then
        return
    fi
    make_tools
    say "installing Python packages from $lock"
    # A complete environment with the same Python is updated in place, because a portal may be
    # running from it.
    if [ -z "$python" ] || [[ "$(stamp_of .venv)" != "$python "* ]]; then
        .tools/bin/uv venv --quiet --clear --no-project --no-python-downloads --python "${PYTHON:-python3}" .venv
    fi
    rm -f .venv/installed
    .tools/bin/uv pip sync --quiet --require-hashes --compile-bytecode --python .venv/bin/python "$lock"
    echo "$(python_of_venv) $lock $(fingerprint "$lock")" > .venv/installed
}

# Two runs at once, for example of `make run` and `make test`, would undo each other's work.
exec 9> .setup.lock
flock 9

case "${1:-}" in
    run)
        if [ "$(id -u)" = 0 ]; then
            install_debian_packages "${run_packages[@]}" "${font_packages[@]}" "${reading_packages[@]}"
        else
            install_debian_packages "${run_packages[@]}"
            say_which_fonts_are_missing
        fi
        make_environment requirements.txt
        ;;
    test)
        install_debian_packages "${run_packages[@]}" "${font_packages[@]}" "${reading_packages[@]}" "${test_packages[@]}"
        install_what_makes_faster "${faster_packages[@]}"
        make_environment requirements-dev.txt
        ;;
    audit)
        install_debian_packages "${run_packages[@]}" "${font_packages[@]}" "${reading_packages[@]}" "${test_packages[@]}" default-jre-headless
        make_environment requirements-dev.txt
        ;;
    tutorial)
        install_debian_packages "${run_packages[@]}" "${font_packages[@]}" "${reading_packages[@]}" "${test_packages[@]}" ffmpeg
        make_environment requirements-dev.txt
        ;;
    tools)
        install_debian_packages python3 python3-venv
        make_tools
        ;;
    *) stop "usage: deploy/setup.sh run|test|audit|tutorial|tools" ;;
esac
