#!/usr/bin/env bash
# schema.sh PART: make the databases and tables of one part, once.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/settings.sh"
. "$here/processes.sh"
. "$here/infrastructure.sh"

# What keystone-manage's fernet_setup and credential_setup do, in no time.
lay_out_keys() {
    local number
    mkdir -p "$1"
    chmod 700 "$1"
    for number in 0 1; do
        (
            umask 077
            head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' >"$1/$number"
        )
    done
}

lay_out_keystone() {
    lay_out_keys "$DATA/keystone/fernet"
    lay_out_keys "$DATA/keystone/credential"
    keystone-manage db_sync
    keystone-manage bootstrap --bootstrap-password "$PASSWORD" \
        --bootstrap-region-id "$REGION" \
        --bootstrap-admin-url "$OS_AUTH_URL" \
        --bootstrap-internal-url "$OS_AUTH_URL" \
        --bootstrap-public-url "$OS_AUTH_URL"
}

lay_out_placement() {
    placement-manage --config-file "$ETC/placement/placement.conf" db sync
}

lay_out_glance() {
    glance-manage --config-file "$ETC/glance/glance-api.conf" db_sync
}

lay_out_nova() {
    local cell0="mysql+pymysql://root@localhost/nova_cell0"
    nova-manage db sync --local_cell &
    local cell1=$!
    nova-manage api_db sync
    nova-manage cell_v2 map_cell0 \
        --database_connection "$cell0?$DATABASE_OPTIONS"
    nova-manage cell_v2 create_cell --name cell1 || true
    wait "$cell1"
    # The other cell has the same tables: a copy is made in no time.
    mariadb-dump --user=root --socket="$DATABASE_SOCKET" nova_cell1 |
        sql nova_cell0
}

lay_out_neutron() {
    neutron-db-manage --config-file "$ETC/neutron/neutron.conf" upgrade heads
}

lay_out_cinder() {
    cinder-manage db sync
}

lay_out_heat() {
    heat-manage db_sync
}

lay_out_ironic() {
    ironic-dbsync --config-file "$ETC/ironic/ironic.conf" upgrade
}

lay_out_gnocchi() {
    gnocchi-upgrade --config-file "$ETC/gnocchi/gnocchi.conf"
}

lay_out_cloudkitty() {
    cloudkitty-dbsync upgrade
    cloudkitty-storage-init
}

lay_out_ceilometer() {
    ceilometer-upgrade --config-file "$ETC/ceilometer/ceilometer.conf"
}

main() {
    local part=$1 begun=$SECONDS database
    for database in $(databases "$part"); do
        sql -e "create database if not exists $database"
    done
    "lay_out_$part"
    touch "$DATA/.schema.$part"
    log "  $part: $((SECONDS - begun)) s" >&3
}

main "$@"
