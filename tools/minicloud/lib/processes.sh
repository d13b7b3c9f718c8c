# shellcheck shell=bash
# Starting, watching and stopping processes by their recorded ids.

log() {
    printf '%s %s\n' "$(date +%T)" "$*"
}

has() {
    [[ " $PARTS " == *" $1 "* ]]
}

# A process id alone may have been given to somebody else since, so the file
# also keeps the moment (in clock ticks since boot) at which ours started.
started_at() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The name of the command, in parentheses, may hold blanks: skip it.
    awk '{ print $20 }' <<<"${stat##*) }"
}

# running NAME: print the id of a process that we started and that still runs.
running() {
    local id moment
    [[ -s $RUN/$1.pid ]] || return 1
    read -r id moment <"$RUN/$1.pid"
    [[ $(started_at "$id") == "$moment" ]] || return 1
    echo "$id"
}

# start NAME COMMAND...: in a session of its own, unless it already runs.
start() {
    local name=$1 id
    shift
    if running "$name" >/dev/null; then
        return 0
    fi
    setsid "$@" >>"$LOG/$name.log" 2>&1 </dev/null &
    id=$!
    echo "$id $(started_at "$id")" >"$RUN/$name.pid"
}

# ask NAME...: ask processes (and their children) to end.
ask() {
    local name id
    for name in "$@"; do
        if id=$(running "$name"); then
            kill -TERM -- "-$id" 2>/dev/null || kill -TERM "$id" || true
        fi
    done
}

# await_end NAME...: wait ten seconds, then end them the hard way.
await_end() {
    local name id end=$((SECONDS + 10))
    for name in "$@"; do
        if id=$(running "$name"); then
            while running "$name" >/dev/null && ((SECONDS < end)); do
                sleep 0.2
            done
            kill -KILL -- "-$id" 2>/dev/null || true
        fi
        rm -f "$RUN/$name.pid"
    done
}

stop() {
    ask "$@"
    await_end "$@"
}

# wait_until SECONDS COMMAND...: repeat a command until it succeeds.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        if ((SECONDS > end)); then
            echo "gave up waiting for: $*" >&2
            return 1
        fi
        sleep 0.2
    done
}

listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# answers PORT: whether an HTTP server does, with whatever.
answers() {
    local status
    {
        printf 'GET / HTTP/1.0\r\n\r\n' >&3
        read -r -t 5 status <&3
    } 3<>"/dev/tcp/127.0.0.1/$1" && [[ $status == HTTP/* ]]
} 2>/dev/null

# serve NAME PORT MODULE: run a WSGI application.
serve() {
    # Without "Connection: close" Python clients now and then see a reset.
    start "$1" "$BIN/uwsgi" --http-socket "127.0.0.1:$2" --module "$3" \
        --processes 1 --threads "${API_THREADS:-4}" --enable-threads \
        --need-app --die-on-term --buffer-size 65535 --disable-logging \
        --add-header "Connection: close"
}
