# shellcheck shell=bash
# MariaDB, RabbitMQ, memcached and InfluxDB: private copies on 127.0.0.1.

sql() {
    mariadb --user=root --socket="$DATABASE_SOCKET" "$@"
}

# databases PART: print the names of its databases.
databases() {
    case $1 in
        nova) echo nova_api nova_cell0 nova_cell1 ;;
        ceilometer) ;;
        *) echo "$1" ;;
    esac
}

start_mariadb() {
    local files=$DATA/mariadb
    mkdir -p "$files" "$RUN/mariadb"
    if [[ $(id -u) == 0 ]]; then
        chown mysql: "$files" "$RUN/mariadb"
    fi
    if [[ ! -d $files/mysql ]]; then
        mariadb-install-db --no-defaults --user=mysql --datadir="$files" \
            --auth-root-authentication-method=normal --skip-test-db \
            >"$LOG/mariadb-install.log" 2>&1
    fi
    # Durability is traded for speed: this cloud can be made again.
    start mariadb mariadbd --no-defaults --user=mysql --datadir="$files" \
        --socket="$DATABASE_SOCKET" --pid-file="$RUN/mariadb/own.pid" \
        --skip-networking --skip-log-bin --character-set-server=utf8mb3 \
        --max-connections=1000 --innodb-buffer-pool-size=256M \
        --innodb-log-file-size=48M --innodb-flush-log-at-trx-commit=0 \
        --innodb-doublewrite=0
    wait_until 30 sql -e 'select 1'
}

start_rabbitmq() {
    mkdir -p "$DATA/rabbitmq" "$LOG/rabbitmq"
    cat >"$ETC/rabbitmq.conf" <<EOF
listeners.tcp.default = 127.0.0.1:$RABBIT_PORT
loopback_users = none
vm_memory_high_watermark.absolute = 2GB
disk_free_limit.absolute = 50MB
EOF
    echo '[].' >"$DATA/rabbitmq/enabled_plugins"
    export ERL_EPMD_ADDRESS=127.0.0.1
    export ERL_EPMD_PORT=$EPMD_PORT
    export RABBITMQ_NODENAME=minicloud@localhost
    export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
    export RABBITMQ_NODE_PORT=$RABBIT_PORT
    export RABBITMQ_DIST_PORT=$RABBIT_DISTRIBUTION_PORT
    export RABBITMQ_MNESIA_BASE=$DATA/rabbitmq
    export RABBITMQ_LOG_BASE=$LOG/rabbitmq
    export RABBITMQ_ENABLED_PLUGINS_FILE=$DATA/rabbitmq/enabled_plugins
    export RABBITMQ_PID_FILE=$DATA/rabbitmq/own.pid
    export RABBITMQ_CONFIG_FILE=$ETC/rabbitmq.conf
    export RABBITMQ_CONF_ENV_FILE=/nonexistent
    local loopback="-kernel inet_dist_use_interface {127,0,0,1}"
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=$loopback
    if ! listens "$EPMD_PORT"; then
        start epmd epmd
    fi
    start rabbitmq /usr/lib/rabbitmq/bin/rabbitmq-server
    wait_until 60 listens "$RABBIT_PORT"
}

start_memcached() {
    start memcached memcached -u nobody -l 127.0.0.1 -p "$MEMCACHED_PORT" -m 64
}

start_influxdb() {
    local url=http://127.0.0.1:$INFLUX_PORT
    start influxdb influxd -config "$ETC/cloudkitty/influxdb.conf"
    wait_until 30 curl --silent --fail "$url/ping"
    curl --silent --output /dev/null --request POST "$url/query" \
        --data-urlencode 'q=CREATE DATABASE cloudkitty'
}
