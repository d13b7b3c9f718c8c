# shellcheck shell=bash
# The settings of the mini cloud. Each one can be set in the environment.

# Where everything lives: programs, configuration, data, logs.
export MINICLOUD=${MINICLOUD:-${TMPDIR:-/tmp}/minicloud}

# What up.sh was told when it made this cloud.
if [[ -e $MINICLOUD/etc/settings ]]; then
    # shellcheck disable=SC1091
    . "$MINICLOUD/etc/settings"
fi

# What runs, and how many (pretended) hypervisors.
export PARTS=${PARTS:-keystone placement glance nova neutron cinder heat}
export COMPUTES=${COMPUTES:-2}

# Where notifications are recorded; empty: they are not.
export CAPTURE=${CAPTURE:-}

# The password of the administrator and of every service user.
export PASSWORD=${PASSWORD:-mini}
export REGION=${REGION:-RegionOne}

# Debug logs, the form of Keystone's notifications, and the seconds for which
# Nova keeps a deleted server (0: it does not).
export DEBUG=${DEBUG:-false}
export KEYSTONE_NOTIFICATION_FORMAT=${KEYSTONE_NOTIFICATION_FORMAT:-cadf}
export RECLAIM_INSTANCE_INTERVAL=${RECLAIM_INSTANCE_INTERVAL:-0}

# All ports, on 127.0.0.1.
export KEYSTONE_PORT=${KEYSTONE_PORT:-5000}
export NOVA_PORT=${NOVA_PORT:-8774}
export CINDER_PORT=${CINDER_PORT:-8776}
export PLACEMENT_PORT=${PLACEMENT_PORT:-8778}
export GLANCE_PORT=${GLANCE_PORT:-9292}
export NEUTRON_PORT=${NEUTRON_PORT:-9696}
export HEAT_PORT=${HEAT_PORT:-8004}
export IRONIC_PORT=${IRONIC_PORT:-6385}
export GNOCCHI_PORT=${GNOCCHI_PORT:-8041}
export CLOUDKITTY_PORT=${CLOUDKITTY_PORT:-8889}
export RABBIT_PORT=${RABBIT_PORT:-5672}
export RABBIT_DISTRIBUTION_PORT=${RABBIT_DISTRIBUTION_PORT:-25672}
export EPMD_PORT=${EPMD_PORT:-4369}
export MEMCACHED_PORT=${MEMCACHED_PORT:-11211}
export INFLUX_PORT=${INFLUX_PORT:-8086}
export INFLUX_BACKUP_PORT=${INFLUX_BACKUP_PORT:-8088}

# Below: derived, not to be set.
SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export SCRIPTS
export VENV=$MINICLOUD/venv
export BIN=$VENV/bin
export ETC=$MINICLOUD/etc
export RUN=$MINICLOUD/run
export LOG=$MINICLOUD/log
export DATA=$MINICLOUD/data
export DATABASE_SOCKET=$RUN/mariadb/mariadb.sock
export DATABASE_OPTIONS="unix_socket=$DATABASE_SOCKET&charset=utf8mb3"
export TRANSPORT_URL=rabbit://guest:guest@127.0.0.1:$RABBIT_PORT/
export PATH=$BIN:$PATH

# oslo.config reads ~/.<project>/<project>.conf, so nothing lands in /etc.
export HOME=$MINICLOUD/home

export OS_AUTH_URL=http://127.0.0.1:$KEYSTONE_PORT/v3
export OS_USERNAME=admin
export OS_PASSWORD=$PASSWORD
export OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_ID=default
export OS_PROJECT_DOMAIN_ID=default
export OS_REGION_NAME=$REGION
export OS_IDENTITY_API_VERSION=3
