#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/settings.sh"
. "$here/lib/processes.sh"
. "$here/lib/infrastructure.sh"

usage() {
    cat <<EOF
Usage: up.sh [--help]

Install (the first time) and start a small OpenStack on 127.0.0.1. What runs
already is left alone, so this also starts what is missing.

Settings, by environment (all of them: lib/settings.sh):
  MINICLOUD  where it lives                   now: $MINICLOUD
  PARTS      which services run               now: $PARTS
             also: ironic gnocchi ceilometer cloudkitty
  COMPUTES   how many pretended hypervisors   now: $COMPUTES
  CAPTURE    a directory: record every notification there
  PASSWORD   of the administrator and the service users
  *_PORT     KEYSTONE_PORT, NOVA_PORT, RABBIT_PORT ...
EOF
}

step() {
    log "[$SECONDS s] $*"
}

install_packages() {
    local package missing=()
    local wanted=(rabbitmq-server memcached mariadb-server mariadb-client)
    has cloudkitty && wanted+=(influxdb)
    for package in "${wanted[@]}"; do
        dpkg --status "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then
        return 0
    fi
    step "packages: ${missing[*]}"
    # We run private copies: the packages must not start services of their
    # own. A policy that is there already stays.
    local policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        # shellcheck disable=SC2064
        trap "rm -f '$policy'" EXIT
    fi
    local quiet=(-o DPkg::Lock::Timeout=300 -qq)
    apt-get "${quiet[@]}" update
    DEBIAN_FRONTEND=noninteractive apt-get "${quiet[@]}" install --yes \
        --no-install-recommends "${missing[@]}" >"$LOG/packages.log" 2>&1
}

install_python() {
    local wanted stamp=$VENV/.installed
    wanted=$(cat "$here/requirements.lock" "$here"/plugins/*/*.py | cksum)
    if [[ -e $stamp && $(<"$stamp") == "$wanted" ]]; then
        return 0
    fi
    step "Python packages"
    [[ -x $BIN/python ]] || "${PYTHON:-python3.11}" -m venv "$VENV"
    {
        "$BIN/pip" install --quiet uv setuptools wheel
        local install=("$BIN/uv" pip install --quiet --python "$BIN/python")
        "${install[@]}" --requirement "$here/requirements.lock"
        # Built from a copy: building leaves files beside the sources.
        rm -rf "$MINICLOUD/plugins"
        cp -R "$here/plugins" "$MINICLOUD/plugins"
        "${install[@]}" --no-build-isolation --no-deps --reinstall \
            "$MINICLOUD/plugins"
        # Nova loads drivers from nova.virt only.
        local virt
        virt=("$VENV"/lib/python3*/site-packages/nova/virt)
        cp "$here/plugins/minicloud_plugins/nova_driver.py" "${virt[0]}/mini.py"
    } >>"$LOG/python.log" 2>&1
    echo "$wanted" >"$stamp"
}

# Another server on one of our ports would be taken for ours.
check_ports() {
    local part name
    for part in $PARTS rabbit memcached; do
        name=${part^^}_PORT
        if [[ -n ${!name:-} ]] && listens "${!name}" && ! serves "$part"; then
            echo "port ${!name} is taken: stop what uses it, or set $name" >&2
            return 1
        fi
    done
}

# serves PART: whether a process of ours is to listen on the part's port.
serves() {
    case $1 in
        nova | cinder | heat | gnocchi | cloudkitty) running "$1-api" ;;
        rabbit) running rabbitmq ;;
        *) running "$1" ;;
    esac >/dev/null
}

# What later commands are not told, is as it was told now.
keep_settings() {
    local name names=(PARTS COMPUTES PASSWORD REGION)
    mapfile -t -O ${#names[@]} names < <(compgen -v | grep '_PORT$')
    (
        umask 077
        for name in "${names[@]}"; do
            # shellcheck disable=SC2016 # it is expanded when it is read
            printf '%s=${%s:-%q}\n' "$name" "$name" "${!name}"
        done >"$ETC/settings"
    )
}

start_infrastructure() {
    step "MariaDB, RabbitMQ, memcached"
    start_memcached
    start_rabbitmq &
    local rabbitmq=$!
    start_mariadb
    wait "$rabbitmq"
    if has cloudkitty; then
        start_influxdb
    fi
    if [[ $CAPTURE ]]; then
        start capture "$BIN/python" "$here/capture.py" "$CAPTURE"
        wait_until 30 grep -q recording "$LOG/capture.log"
    fi
}

# A dump of fresh schemas makes the first start after a wipe fast.
schema_dump() {
    # Where Keystone is, is among what is dumped.
    local made_of=$PARTS$PASSWORD$REGION$OS_AUTH_URL
    echo "$MINICLOUD/schemas-$(cksum <<<"$made_of" | cut -d' ' -f1)"
}

save_schemas() {
    local names=() part
    for part in $PARTS; do
        # shellcheck disable=SC2207
        names+=($(databases "$part"))
    done
    mariadb-dump --user=root --socket="$DATABASE_SOCKET" \
        --databases "${names[@]}" >"$1.sql"
    (
        cd "$DATA"
        local extra=()
        has gnocchi && extra+=(gnocchi)
        tar -cf "$1.tar" keystone .schema.* "${extra[@]}"
    )
}

# lay_out PART: its progress is our output, the rest goes to a log.
lay_out() {
    local file=$LOG/schema-$1.log
    if ! "$here/lib/schema.sh" "$1" 3>&1 >"$file" 2>&1; then
        echo "no schema for $1, see $file" >&2
        return 1
    fi
}

lay_out_schemas() {
    local part job missing=() jobs=() dump
    for part in $PARTS; do
        [[ $part == ceilometer || -e $DATA/.schema.$part ]] || missing+=("$part")
    done
    if ((${#missing[@]} == 0)); then
        return 0
    fi
    dump=$(schema_dump)
    if [[ -e $dump.tar && ! -e $DATA/.schema.keystone ]]; then
        step "schemas, from the dump of an earlier start"
        # shellcheck disable=SC2119
        sql <"$dump.sql"
        tar -C "$DATA" -xf "$dump.tar"
        return 0
    fi
    step "schemas: ${missing[*]}"
    local whole=true
    [[ -e $DATA/.schema.keystone ]] && whole=false
    for part in "${missing[@]}"; do
        lay_out "$part" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do
        wait "$job"
    done
    if $whole; then
        save_schemas "$dump"
    fi
}

start_keystone() {
    step "keystone"
    serve keystone "$KEYSTONE_PORT" keystone.wsgi.api
    wait_until 60 answers "$KEYSTONE_PORT"
    if [[ ! -e $DATA/.bootstrapped ]]; then
        step "service users, catalogue"
        python "$here/bootstrap.py"
        touch "$DATA/.bootstrapped"
    fi
}

# daemon NAME PART COMMAND...: run a command with the configuration of a part.
daemon() {
    local name=$1 conf=$ETC/$2/$2.conf
    shift 2
    start "$name" "$BIN/$1" --config-file "$conf" "${@:2}"
}

start_nova() {
    local number
    serve nova-api "$NOVA_PORT" nova.wsgi.osapi_compute
    daemon nova-conductor nova nova-conductor
    daemon nova-scheduler nova nova-scheduler
    for number in $(seq 1 "$COMPUTES"); do
        start "nova-compute-$number" "$BIN/nova-compute" \
            --config-file "$ETC/nova/compute.conf" \
            --config-file "$ETC/nova/compute-$number.conf"
    done
}

start_cinder() {
    serve cinder-api "$CINDER_PORT" cinder.wsgi.api
    daemon cinder-scheduler cinder cinder-scheduler
    daemon cinder-volume cinder cinder-volume
    daemon cinder-backup cinder cinder-backup
}

start_ceilometer() {
    if [[ ! -e $DATA/.schema.ceilometer ]]; then
        wait_until 60 answers "$GNOCCHI_PORT"
        step "ceilometer's resource types in gnocchi"
        lay_out ceilometer
    fi
    daemon ceilometer ceilometer ceilometer-agent-notification
}

start_services() {
    step "services"
    export OS_PLACEMENT_CONFIG_DIR=$ETC/placement
    export OS_GLANCE_CONFIG_DIR=$ETC/glance
    export OS_NOVA_CONFIG_DIR=$ETC/nova
    export OS_NEUTRON_CONFIG_DIR=$ETC/neutron
    export OS_NEUTRON_CONFIG_FILES=neutron.conf
    ! has placement || serve placement "$PLACEMENT_PORT" placement.wsgi.api
    ! has glance || serve glance "$GLANCE_PORT" glance.wsgi.api
    ! has neutron || serve neutron "$NEUTRON_PORT" neutron.wsgi.api
    ! has nova || start_nova
    ! has cinder || start_cinder
    if has heat; then
        serve heat-api "$HEAT_PORT" heat.wsgi.api
        daemon heat-engine heat heat-engine
    fi
    ! has ironic || daemon ironic ironic ironic
    if has gnocchi; then
        serve gnocchi-api "$GNOCCHI_PORT" gnocchi.wsgi.api
        daemon gnocchi-metricd gnocchi gnocchi-metricd
    fi
    ! has ceilometer || start_ceilometer
    if has cloudkitty; then
        serve cloudkitty-api "$CLOUDKITTY_PORT" cloudkitty.wsgi.api
        daemon cloudkitty-processor cloudkitty cloudkitty-processor
    fi
}

await_services() {
    local part port silent=0
    for part in $PARTS; do
        port=${part^^}_PORT
        if [[ -z ${!port:-} ]]; then
            continue
        fi
        if wait_until 90 answers "${!port}"; then
            step "$part answers on port ${!port}"
        else
            step "$part does not answer, see $LOG/$part*.log"
            silent=1
        fi
    done
    return "$silent"
}

main() {
    case ${1:-} in
        '') ;;
        -h | --help) usage && exit ;;
        *) usage >&2 && exit 2 ;;
    esac

    mkdir -p "$ETC" "$RUN" "$LOG" "$DATA" "$HOME"
    # The database's own user must reach its directories.
    chmod 755 "$MINICLOUD" "$DATA" "$RUN"
    check_ports
    keep_settings
    install_packages
    install_python
    python "$here/configure.py"
    start_infrastructure
    lay_out_schemas
    start_keystone
    start_services
    await_services
    if has cinder; then
        step "pools of volumes"
        python "$here/pools.py"
    fi
    if has nova && [[ ! -e $DATA/.seeded ]]; then
        step "flavors, an image, volume types, networks"
        python "$here/seed.py"
        touch "$DATA/.seeded"
    fi
    step "ready"
}

main "$@"
