#!/usr/bin/env bash
# schema.sh PART: make the databases and tables of one part, once.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/settings.sh"
. "$here/processes.sh"
. "$here/infrastructure.sh"

lay_out_keystone() {
    mkdir -p "$DATA"/keystone/{fernet,credential}
    chmod 700 "$DATA"/keystone/*
    keystone-manage db_sync
    local owner=(--keystone-user "$(id -un)" --keystone-group "$(id -gn)")
    keystone-manage fernet_setup "${owner[@]}"
    keystone-manage credential_setup "${owner[@]}"
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
    nova-manage api_db sync
    nova-manage cell_v2 map_cell0 \
        --database_connection "$cell0?$DATABASE_OPTIONS"
    nova-manage db sync --local_cell
    nova-manage cell_v2 create_cell --name cell1 || true
    nova-manage db sync
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
