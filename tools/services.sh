#!/usr/bin/env bash
# Private MariaDB, PostgreSQL, RabbitMQ, memcached, Kafka and Kill Bill for
# tests: on
# 127.0.0.1, on free ports, with their data in one directory, stopped by pid.
set -euo pipefail
PATH=$PATH:/usr/sbin

usage() {
    cat <<'USAGE'
Usage: tools/services.sh start DIR [mariadb postgresql rabbitmq memcached]
       tools/services.sh start DIR kafka
       tools/services.sh start DIR killbill
       tools/services.sh fetch
       tools/services.sh stop DIR [NAME...]
       tools/services.sh restart DIR NAME...
       tools/services.sh status DIR

start   starts the named services (all but Kafka and Kill Bill by default)
        with their data under DIR, and writes DIR/env: source it to get
          CONCERTIM_TEST_MYSQL, CONCERTIM_TEST_POSTGRESQL,
          CONCERTIM_TEST_RABBIT, CONCERTIM_TEST_MEMCACHED, and
          CONCERTIM_TEST_RABBITMQCTL, the command for that RabbitMQ;
          CONCERTIM_TEST_KAFKA, and with TLS and a password (PLAIN or
          SCRAM-SHA-256) CONCERTIM_TEST_KAFKA_SASL and CONCERTIM_TEST_KAFKA_CA;
          CONCERTIM_TEST_KILLBILL, with a clock that can be moved
fetch   fetches Kafka and Kill Bill, once, into CONCERTIM_KAFKA_JARS and
        CONCERTIM_KILLBILL_JARS (by default folders in the user's cache).
        Starting one fetches it, too.
stop    stops what was started there. Remove DIR afterwards. With names it
        stops those only, as if they had failed: DIR stays as it is.
restart  starts the named services again, on their data and their ports.
status  says which of them run; fails if one does not.

The packages must be installed (see bindep.txt). Works as root (MariaDB and
PostgreSQL then run as their own users) and as any other user.
USAGE
}

say() { echo "services: $*" >&2; }
die() { say "$*"; exit 1; }

# Set ``as`` to what runs a command as a user, where that is needed.
run_as() {
    as=()
    if [ "$(id -u)" = 0 ]; then
        as=(setpriv --reuid "$1" --regid "$(id -g "$1")" --init-groups
            --reset-env)
    fi
}

# Make a directory below $dir that belongs to a user.
own() {
    mkdir -p "$dir/$2"
    if [ "$(id -u)" = 0 ]; then chown "$1:" "$dir/$2"; fi
}

free_port() {
    python3 - <<'PYTHON'
import socket
with socket.socket() as found:
    found.bind(("127.0.0.1", 0))
    print(found.getsockname()[1])
PYTHON
}

# Wait until a command succeeds, while the process of a service lives.
wait_for() {
    local name=$1 seconds=$2 deadline
    printf '%q ' "${FUNCNAME[0]}" "$@" >"$dir/command/$name.wait"
    shift 2
    deadline=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        kill -0 "$(cat "$dir/pid/$name")" 2>/dev/null ||
            die "$name ended: see $dir/log/$name.log"
        [ "$SECONDS" -lt "$deadline" ] ||
            die "$name did not answer in ${seconds}s: see $dir/log/$name.log"
        sleep 0.1
    done
}

# Start a command in the background, with a log and a pid file.
launch() {
    local name=$1
    printf '%q ' "${FUNCNAME[0]}" "$@" >"$dir/command/$name"
    shift
    setsid "$@" >>"$dir/log/$name.log" 2>&1 </dev/null &
    echo $! >"$dir/pid/$name"
}

export_line() { printf 'export %s=%q\n' "$1" "$2" >>"$dir/env"; }

tcp_up() { python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()' "$1"; }

start_mariadb() {
    local port socket=$dir/run/mysqld.sock
    port=$(free_port)
    own mysql mariadb
    run_as mysql
    "${as[@]}" mariadb-install-db --no-defaults --datadir="$dir/mariadb" \
        --auth-root-authentication-method=normal --skip-test-db \
        >"$dir/log/mariadb-install.log" 2>&1
    launch mariadb "${as[@]}" "$(type -P mariadbd)" --no-defaults \
        --datadir="$dir/mariadb" --socket="$socket" \
        --pid-file="$dir/mariadb/own.pid" --bind-address=127.0.0.1 \
        --port="$port" --skip-log-bin --skip-name-resolve \
        --character-set-server=utf8mb4 --max-connections=300 \
        --innodb-buffer-pool-size=256M --innodb-log-file-size=96M
    wait_for mariadb 60 mariadb --no-defaults -uroot -S "$socket" -e "SELECT 1"
    mariadb --no-defaults -uroot -S "$socket" -e "
        CREATE USER concertim@'127.0.0.1' IDENTIFIED BY 'concertim';
        GRANT ALL ON *.* TO concertim@'127.0.0.1' WITH GRANT OPTION"
    export_line CONCERTIM_TEST_MYSQL \
        "mysql+pymysql://concertim:concertim@127.0.0.1:$port/"
}

start_postgresql() {
    local port bin
    port=$(free_port)
    bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null |
        sort -V | tail -1)
    [ -n "$bin" ] || die "PostgreSQL is not installed"
    own postgres postgresql
    echo concertim >"$dir/run/postgresql-password"
    chmod 644 "$dir/run/postgresql-password"
    run_as postgres
    "${as[@]}" "$bin/initdb" --pgdata="$dir/postgresql" \
        --username=concertim --pwfile="$dir/run/postgresql-password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 \
        >"$dir/log/postgresql-initdb.log" 2>&1
    launch postgresql "${as[@]}" "$bin/postgres" -D "$dir/postgresql" \
        -c listen_addresses=127.0.0.1 -c port="$port" \
        -c unix_socket_directories= -c max_connections=300
    wait_for postgresql 60 "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"
    export_line CONCERTIM_TEST_POSTGRESQL \
        "postgresql+psycopg2://concertim:concertim@127.0.0.1:$port/postgres"
}

# RabbitMQ with an epmd of its own, so that other nodes are left alone.
start_rabbitmq() {
    local port epmd distribution
    port=$(free_port)
    epmd=$(free_port)
    distribution=$(free_port)
    mkdir -p "$dir/rabbitmq/home"
    cat >"$dir/rabbitmq/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$port
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
CONF
    echo '[].' >"$dir/rabbitmq/enabled_plugins"
    local settings=(
        HOME="$dir/rabbitmq/home"
        ERL_EPMD_PORT="$epmd"
        ERL_EPMD_ADDRESS=127.0.0.1
        RABBITMQ_NODENAME="concertim$port@localhost"
        RABBITMQ_DIST_PORT="$distribution"
        RABBITMQ_MNESIA_BASE="$dir/rabbitmq"
        RABBITMQ_LOG_BASE="$dir/log"
        RABBITMQ_LOGS=-
        RABBITMQ_ENABLED_PLUGINS_FILE="$dir/rabbitmq/enabled_plugins"
        RABBITMQ_PID_FILE="$dir/rabbitmq/own.pid"
        RABBITMQ_CONFIG_FILE="$dir/rabbitmq/rabbitmq.conf"
        RABBITMQ_CONF_ENV_FILE=/nonexistent
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
    )
    launch rabbitmq-epmd env "${settings[@]}" epmd
    wait_for rabbitmq-epmd 20 tcp_up "$epmd"
    launch rabbitmq env "${settings[@]}" \
        /usr/lib/rabbitmq/bin/rabbitmq-server
    wait_for rabbitmq 90 tcp_up "$port"
    export_line CONCERTIM_TEST_RABBIT "rabbit://guest:guest@127.0.0.1:$port/"
    export_line CONCERTIM_TEST_RABBITMQCTL \
        "$(printf '%q ' env "${settings[@]}" /usr/lib/rabbitmq/bin/rabbitmqctl)"
}

start_memcached() {
    local port user=()
    port=$(free_port)
    if [ "$(id -u)" = 0 ]; then user=(-u nobody); fi
    launch memcached memcached "${user[@]}" -l 127.0.0.1 -p "$port" -m 64
    wait_for memcached 20 tcp_up "$port"
    export_line CONCERTIM_TEST_MEMCACHED "127.0.0.1:$port"
}

# Apache Kafka is in no distribution, but its jars are in Maven's repository.
fetch_kafka() {
    local pom=$here/kafka/pom.xml version
    version=$(sed -n 's|.*<kafka.version>\(.*\)</.*|\1|p' "$pom")
    jars=${CONCERTIM_KAFKA_JARS:-${XDG_CACHE_HOME:-$HOME/.cache}/concertim/kafka-$version}
    mkdir -p "$jars"
    (
        flock 9
        [ ! -e "$jars/.complete" ] || exit 0
        say "fetching Kafka $version"
        mvn -q -B -f "$pom" dependency:copy-dependencies \
            -DincludeScope=runtime -DoutputDirectory="$jars"
        touch "$jars/.complete"
    ) 9>"$jars/.lock"
}

# One node that is broker and controller, with two ways in: one for anybody,
# one with TLS and a password.
start_kafka() {
    local home=$dir/kafka port secure java controller
    fetch_kafka
    port=$(free_port)
    secure=$(free_port)
    controller=$(free_port)
    mkdir -p "$home"
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=127.0.0.1 \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$home/key.pem" \
        -out "$home/ca.pem" 2>"$dir/log/kafka-openssl.log"
    cat "$home/key.pem" "$home/ca.pem" >"$home/server.pem"
    sed -e "s|@HOME@|$home|g" -e "s|@PORT@|$port|g" -e "s|@SECURE@|$secure|g" \
        -e "s|@CONTROLLER@|$controller|g" "$here/kafka/server.properties" \
        >"$home/server.properties"
    java=(java -Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
        -Xshare:auto -Dlog4j2.configurationFile="$here/kafka/log4j2.yaml"
        -cp "$jars/*")
    "${java[@]}" kafka.tools.StorageTool format \
        --cluster-id "$(python3 -c 'import base64, uuid
print(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))')" \
        --add-scram 'SCRAM-SHA-256=[name=scram,password=secret]' \
        --config "$home/server.properties" >"$dir/log/kafka-format.log" 2>&1
    launch kafka "${java[@]}" kafka.Kafka "$home/server.properties"
    wait_for kafka 90 tcp_up "$port"
    export_line CONCERTIM_TEST_KAFKA "kafka://127.0.0.1:$port/"
    export_line CONCERTIM_TEST_KAFKA_SASL "kafka://ironic:secret@127.0.0.1:$secure/"
    export_line CONCERTIM_TEST_KAFKA_CA "$home/ca.pem"
}

# Kill Bill is in no distribution; its jars are in Maven's repository, and the
# shell round them is ours: the published one is not there.
fetch_killbill() {
    local version
    version=$(cat "$here"/killbill/{pom.xml,libs/pom.xml,src/*.java} |
        sha256sum | cut -c1-12)
    bill_jars=${CONCERTIM_KILLBILL_JARS:-${XDG_CACHE_HOME:-$HOME/.cache}/concertim/killbill-$version}
    mkdir -p "$bill_jars/lib"
    (
        flock 9
        [ ! -e "$bill_jars/.complete" ] || exit 0
        say "fetching Kill Bill"
        mvn -q -B -f "$here/killbill/pom.xml" dependency:copy-dependencies \
            -DincludeScope=runtime -DoutputDirectory="$bill_jars/lib"
        javac -d "$bill_jars/classes" -cp "$bill_jars/lib/*" \
            "$here"/killbill/src/*.java
        touch "$bill_jars/.complete"
    ) 9>"$bill_jars/.lock"
}

# With its database, H2, in a file and in its process.
start_killbill() {
    local home=$dir/killbill port url module
    fetch_killbill
    port=$(free_port)
    mkdir -p "$home/bundles"
    # Not mem: a database in memory opens a console on a port of its own.
    url="jdbc:h2:nio:$home/h2;MODE=LEGACY;DB_CLOSE_ON_EXIT=FALSE"
    for module in account beatrix catalog entitlement invoice payment \
        subscription tenant usage util; do
        python3 -c 'import sys, zipfile
print(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]).decode())' \
            "$bill_jars/lib/killbill-$module"-[0-9]*.jar \
            "org/killbill/billing/$module/ddl.sql"
    done >"$home/ddl.sql"
    java -cp "$bill_jars/lib/*" org.h2.tools.RunScript -url "$url" \
        -user killbill -password killbill -script "$home/ddl.sql"
    sed -e "s|@URL@|$url|g" -e "s|@HERE@|$here/killbill|g" \
        -e "s|@HOME@|$home|g" "$here/killbill/killbill.properties" \
        >"$home/killbill.properties"
    launch killbill java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
        -Xshare:auto -Djava.security.egd=file:/dev/./urandom \
        -Djava.util.logging.config.file="$here/killbill/jul.properties" \
        -Dlogback.configurationFile="$here/killbill/logback.xml" \
        -Dorg.killbill.server.properties="file://$home/killbill.properties" \
        -cp "$bill_jars/classes:$bill_jars/lib/*" Main 127.0.0.1 "$port"
    wait_for killbill 120 curl -sf -m 5 -o /dev/null \
        "http://127.0.0.1:$port/1.0/healthcheck"
    export_line CONCERTIM_TEST_KILLBILL "http://127.0.0.1:$port"
}

start() {
    local name
    mkdir -p "$dir/pid" "$dir/log" "$dir/run" "$dir/command"
    chmod 755 "$dir"
    if [ "$(id -u)" = 0 ]; then chmod 1777 "$dir/run"; fi
    for name in "$@"; do
        case $name in
            mariadb | postgresql | rabbitmq | memcached | kafka | killbill) ;;
            *) die "no such service: $name" ;;
        esac
        [ ! -e "$dir/pid/$name" ] || die "$name was started in $dir already"
        [ ! -e "$dir/$name" ] ||
            die "$dir has data of an earlier start: remove it first"
    done
    : >>"$dir/env"
    for name in "$@"; do
        say "starting $name"
        "start_$name"
    done
    say "source $dir/env"
}

# running [NAME...]: the services in $dir that still run, those of these names
# or all, with their pids. A service's process leads a session of its own.
running() {
    local file name pid
    for file in "$dir"/pid/*; do
        name=${file##*/}
        [ -e "$file" ] || continue
        [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
        pid=$(cat "$file")
        if kill -0 -- "-$pid" 2>/dev/null; then
            echo "$name $pid"
        fi
    done
}

# end [NAME...]: stop those that run, the hard way if they take too long.
end() {
    local name pid deadline=$((SECONDS + 30))
    running "$@" | while read -r name pid; do
        say "stopping $name ($pid)"
        kill -TERM -- "-$pid" 2>/dev/null || true
    done
    while [ -n "$(running "$@")" ]; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            running "$@" | while read -r name pid; do
                say "killing $name ($pid)"
                kill -KILL -- "-$pid" 2>/dev/null || true
            done
            break
        fi
        sleep 0.1
    done
}

stop() {
    known "$@"
    end "$@"
    [ $# -gt 0 ] || rm -rf "$dir/pid" "$dir/env"
}

restart() {
    local name
    known "$@"
    end "$@"
    for name in "$@"; do
        say "starting $name again"
        # What ``start`` did: this file has quoted it.
        eval "$(cat "$dir/command/$name")"
        eval "$(cat "$dir/command/$name.wait")"
    done
}

# Fail unless each of these was started in $dir.
known() {
    local name
    for name in "$@"; do
        [ -e "$dir/pid/$name" ] || die "$name was not started in $dir"
    done
}

status() {
    local file name failed=0
    for file in "$dir"/pid/*; do
        [ -e "$file" ] || die "nothing was started in $dir"
        name=${file##*/}
        if kill -0 -- "-$(cat "$file")" 2>/dev/null; then
            echo "$name runs"
        else
            echo "$name does not run"
            failed=1
        fi
    done
    return "$failed"
}

main() {
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    if [ "$*" = fetch ]; then
        fetch_kafka
        fetch_killbill
        exit
    fi
    if [ $# -lt 2 ]; then
        usage >&2
        exit 2
    fi
    local command=$1
    mkdir -p "$2"
    dir=$(cd "$2" && pwd)
    shift 2
    case $command in
        start)
            [ $# -gt 0 ] || set -- mariadb postgresql rabbitmq memcached
            start "$@"
            ;;
        stop) stop "$@" ;;
        restart)
            [ $# -gt 0 ] || die "restart what?"
            restart "$@"
            ;;
        status) status ;;
        *)
            usage >&2
            exit 2
            ;;
    esac
}

main "$@"
