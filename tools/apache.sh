#!/usr/bin/env bash
# Apache with the sites of etc/apache2 as they are shipped: on 127.0.0.1, on
# free ports, with all it writes in one directory, stopped by pid.
set -euo pipefail
PATH=$PATH:/usr/sbin
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
    cat <<'USAGE'
Usage: tools/apache.sh start DIR [SITE|NAME=VALUE]...
       tools/apache.sh reload DIR
       tools/apache.sh graceful DIR
       tools/apache.sh stop DIR
       tools/apache.sh status DIR

start   starts the named sites of etc/apache2/sites-available, by default
        concertim-api, with the settings NAME=VALUE (see
        etc/apache2/conf-available/concertim-api.conf), and writes DIR/env:
        source it to get CONCERTIM_API_URL, CONCERTIM_PROXY_URL,
        CONCERTIM_METRICS_URL and CONCERTIM_COMPAT_URL.
reload  lets the API begin anew: it reads its own configuration.
graceful  lets Apache read the sites anew, as `apachectl graceful` does.
stop    stops what was started there.
status  says whether it runs; fails if it does not.

By environment:
  CONCERTIM_CONFIG  the configuration of the API       (start needs it)
  CONCERTIM_VENV    where it is installed              (.venv-test)
  CONCERTIM_INCLUDE a file of Apache's, to be read after the sites
  CONCERTIM_RUN_AS  who runs it, if root starts it     (www-data)

The packages must be installed (see bindep.txt). No process is root's: the
configuration, the environment and what the API writes to must be open to
CONCERTIM_RUN_AS.
USAGE
}

say() { echo "apache: $*" >&2; }
die() { say "$*"; exit 1; }

# Set ``as`` to what runs a command as somebody else, where that is needed.
choose_user() {
    user=$(id -un)
    as=()
    if [ "$(id -u)" = 0 ]; then
        user=${CONCERTIM_RUN_AS:-www-data}
        as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups)
    fi
}

check() {
    local path
    command -v apache2 >/dev/null || die "Apache is not installed"
    [ -n "${CONCERTIM_CONFIG:-}" ] || die "CONCERTIM_CONFIG is not set"
    for path in "$CONCERTIM_CONFIG" "$venv/bin/python"; do
        "${as[@]}" test -r "$path" || die "$user can't read $path"
    done
}

free_port() {
    python3 - <<'PYTHON'
import socket
with socket.socket() as found:
    found.bind(("127.0.0.1", 0))
    print(found.getsockname()[1])
PYTHON
}

# What Debian's Apache has by itself, and the modules that the sites need.
write_modules() {
    local name
    for name in mpm_event authn_core authz_core authz_host reqtimeout \
        setenvif headers wsgi proxy proxy_http socache_shmcb ssl; do
        echo "LoadModule ${name}_module /usr/lib/apache2/modules/mod_$name.so"
    done
}

write_settings() {
    local setting
    for setting in CONCERTIM_ADDRESS=127.0.0.1 CONCERTIM_PORT="$port" \
        CONCERTIM_PROXY_ADDRESS=127.0.0.1 CONCERTIM_PROXY_PORT="$proxy_port" \
        CONCERTIM_PROXY_TO="http://127.0.0.1:$port" \
        CONCERTIM_METRICS_PORT="$metrics_port" \
        CONCERTIM_METRICS_WSGI="$dir/concertim-instrumentation.wsgi" \
        CONCERTIM_COMPAT_PORT="$compat_port" \
        CONCERTIM_COMPAT_WSGI="$dir/concertim-dialect.wsgi" \
        CONCERTIM_ALMANACH_PORT="$almanach_port" \
        CONCERTIM_ALMANACH_WSGI="$dir/concertim-almanach.wsgi" \
        CONCERTIM_USER="$user" CONCERTIM_GROUP="$(id -gn "$user")" \
        CONCERTIM_VENV="$venv" CONCERTIM_LOG="$dir/log" \
        CONCERTIM_WSGI="$dir/concertim-api.wsgi" "$@"; do
        echo "Define ${setting%%=*} \"${setting#*=}\""
    done
}

write_configuration() {
    local site
    write_modules
    cat <<CONF
ServerRoot "$dir"
ServerName localhost
PidFile "$dir/run/pid"
DefaultRuntimeDir "$dir/run"
Mutex file:$dir/run
WSGISocketPrefix "$dir/run/wsgi"
SSLSessionCache none
ErrorLog "$dir/log/error.log"
<Directory />
    Require all denied
</Directory>
CONF
    write_settings "${settings[@]}"
    for site in "${sites[@]}"; do
        echo "Include \"$repository/etc/apache2/sites-available/$site.conf\""
    done
    [ -z "${CONCERTIM_INCLUDE:-}" ] || echo "Include \"$CONCERTIM_INCLUDE\""
}

read_arguments() {
    local argument
    sites=()
    settings=()
    for argument in "$@"; do
        case $argument in
            *=*) settings+=("$argument") ;;
            *) sites+=("$argument") ;;
        esac
    done
    [ ${#sites[@]} -gt 0 ] || sites=(concertim-api)
}

# The last setting of a name, or what it is without one.
setting() {
    local found=$2 one
    for one in "${settings[@]}"; do
        if [ "${one%%=*}" = "$1" ]; then found=${one#*=}; fi
    done
    echo "$found"
}

write_env() {
    local scheme=http prefix
    prefix=$(setting CONCERTIM_PREFIX /)
    [ -z "$(setting CONCERTIM_CERTIFICATE "")" ] || scheme=https
    printf 'export %s=%q\n' CONCERTIM_API_URL \
        "$scheme://127.0.0.1:$port${prefix%/}"
    printf 'export %s=%q\n' CONCERTIM_PROXY_URL \
        "https://127.0.0.1:$proxy_port$(
            setting CONCERTIM_PROXY_PREFIX /concertim
        )"
    printf 'export %s=%q\n' CONCERTIM_METRICS_URL \
        "http://127.0.0.1:$metrics_port"
    scheme=http
    [ -z "$(setting CONCERTIM_COMPAT_CERTIFICATE "")" ] || scheme=https
    printf 'export %s=%q\n' CONCERTIM_COMPAT_URL \
        "$scheme://127.0.0.1:$compat_port"
    scheme=http
    [ -z "$(setting CONCERTIM_ALMANACH_CERTIFICATE "")" ] || scheme=https
    printf 'export %s=%q\n' CONCERTIM_ALMANACH_URL \
        "$scheme://127.0.0.1:$almanach_port"
}

pid() { cat "$dir/run/pid" 2>/dev/null; }
runs() { [ -s "$dir/run/pid" ] && kill -0 "$(pid)" 2>/dev/null; }
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# In a session of its own; ``it`` is its process.
launch() {
    setsid "${as[@]}" env OS_CONCERTIM_CONFIG_FILES="$CONCERTIM_CONFIG" \
        OS_CONCERTIM_CONFIG_DIR= apache2 -f "$dir/apache2.conf" -DFOREGROUND \
        >>"$dir/log/start.log" 2>&1 </dev/null &
    it=$!
}

all_answer() {
    local site
    for site in "${sites[@]}"; do
        case $site in
            concertim-proxy) answers "$proxy_port" || return ;;
            concertim-instrumentation) answers "$metrics_port" || return ;;
            concertim-dialect) answers "$compat_port" || return ;;
            concertim-almanach) answers "$almanach_port" || return ;;
            *) answers "$port" || return ;;
        esac
    done
}

start() {
    local it port proxy_port metrics_port compat_port almanach_port
    local deadline=$((SECONDS + 30))
    ! runs || die "it was started in $dir already"
    read_arguments "$@"
    check
    mkdir -p "$dir/run" "$dir/log"
    if [ "$(id -u)" = 0 ]; then chown "$user:" "$dir/run" "$dir/log"; fi
    port=$(free_port)
    proxy_port=$(free_port)
    metrics_port=$(free_port)
    compat_port=$(free_port)
    almanach_port=$(free_port)
    # A copy: a reload touches it, and others may run the same repository.
    cp "$repository"/etc/apache2/*.wsgi "$dir"
    write_configuration >"$dir/apache2.conf"
    "${as[@]}" apache2 -f "$dir/apache2.conf" -t 2>"$dir/log/check.log" ||
        die "$(cat "$dir/log/check.log")"
    launch
    until runs && all_answer; do
        kill -0 "$it" 2>/dev/null || die "it ended: see $dir/log"
        [ "$SECONDS" -lt "$deadline" ] || die "it does not answer: see $dir/log"
        sleep 0.05
    done
    write_env >"$dir/env"
    say "source $dir/env"
}

stop() {
    local it deadline=$((SECONDS + 30))
    runs || return 0
    it=$(pid)
    kill -TERM "$it"
    while kill -0 "$it" 2>/dev/null; do
        [ "$SECONDS" -lt "$deadline" ] || kill -KILL -- "-$it" || true
        sleep 0.05
    done
    rm -f "$dir/env"
}

status() {
    runs || die "it does not run"
    say "it runs ($(pid))"
}

main() {
    if [ $# -lt 2 ]; then
        usage >&2
        exit 2
    fi
    local command=$1 venv dir user as
    mkdir -p "$2"
    dir=$(cd "$2" && pwd)
    venv=$(cd "${CONCERTIM_VENV:-$repository/.venv-test}" && pwd)
    shift 2
    choose_user
    case $command in
        start) start "$@" ;;
        reload) touch "$dir"/concertim-{api,dialect,almanach}.wsgi ;;
        graceful)
            runs || die "it does not run"
            kill -USR1 "$(pid)"
            ;;
        stop) stop ;;
        status) status ;;
        *)
            usage >&2
            exit 2
            ;;
    esac
}

main "$@"
