"""Write the configuration of every part, from the templates in conf/.

Templates may use every environment variable (lib/settings.sh exports them)
and the blocks below, which are the same for most services.
"""

import dataclasses
import os
import pathlib
import shutil
import string

TEMPLATES = pathlib.Path(__file__).parent / "conf"
ETC = pathlib.Path(os.environ["ETC"])
DATA = pathlib.Path(os.environ["DATA"])
HOME = pathlib.Path(os.environ["HOME"])
INSTALLED = pathlib.Path(os.environ["VENV"]) / "etc"

QUIET = (
    "amqp=WARN, iso8601=WARN, keystonemiddleware=WARN, oslo.cache=INFO, "
    "oslo_messaging=INFO, sqlalchemy=WARN, urllib3.connectionpool=WARN"
)

MESSAGING = f"""\
transport_url = ${{TRANSPORT_URL}}
use_stderr = true
debug = ${{DEBUG}}
default_log_levels = {QUIET}"""

NOTIFICATIONS = """\
[oslo_messaging_notifications]
driver = messagingv2
topics = notifications

[oslo_messaging_rabbit]
heartbeat_in_pthread = false"""

CREDENTIALS = """\
auth_type = password
auth_url = http://127.0.0.1:${KEYSTONE_PORT}/v3
username = ${user}
password = ${PASSWORD}
project_name = service
user_domain_id = default
project_domain_id = default
region_name = ${REGION}"""

AUTHTOKEN = f"""\
[keystone_authtoken]
memcached_servers = 127.0.0.1:${{MEMCACHED_PORT}}
service_token_roles_required = true
www_authenticate_uri = http://127.0.0.1:${{KEYSTONE_PORT}}
{CREDENTIALS}"""

#: What openstacksdk reads, and a line for our tests, which it ignores.
CLOUDS = """\
clouds:
  minicloud:
    auth:
      auth_url: ${OS_AUTH_URL}
      username: ${user}
      password: ${PASSWORD}
      project_name: ${OS_PROJECT_NAME}
      user_domain_id: default
      project_domain_id: default
    region_name: ${REGION}
notifications: ${TRANSPORT_URL}
"""


@dataclasses.dataclass(frozen=True)
class Part:
    """What a service reads: our templates, its own files, directories."""

    templates: tuple[str, ...]
    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()


PARTS = {
    "keystone": Part(("keystone.conf",)),
    "placement": Part(("placement.conf",)),
    "glance": Part(
        ("glance-api.conf",),
        files=("glance-api-paste.ini",),
        directories=("images", "tasks", "staging"),
    ),
    "nova": Part(("nova.conf",), files=("api-paste.ini",)),
    "neutron": Part(("neutron.conf",), files=("api-paste.ini",)),
    "cinder": Part(
        ("cinder.conf",), files=("api-paste.ini", "resource_filters.json")
    ),
    "heat": Part(
        ("heat.conf", "heat-policy.yaml"),
        files=("api-paste.ini", "templates", "environment.d"),
    ),
    "ironic": Part(("ironic.conf",)),
    "gnocchi": Part(("gnocchi.conf",)),
    "ceilometer": Part(("ceilometer.conf",)),
    "cloudkitty": Part(
        ("cloudkitty.conf", "api_paste.ini", "metrics.yml", "influxdb.conf")
    ),
}


def render(text, user):
    """Fill a template in; a name that nobody set is an error."""
    names = {**os.environ, "user": user}
    blocks = {
        "messaging": MESSAGING,
        "notifications": NOTIFICATIONS,
        "credentials": CREDENTIALS,
        "authtoken": AUTHTOKEN,
    }
    for name, block in blocks.items():
        names[name] = string.Template(block).substitute(names)
    return string.Template(text).substitute(names)


def copy(source, target):
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def write_part(name):
    part = PARTS[name]
    etc, data = ETC / name, DATA / name
    etc.mkdir(parents=True, exist_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    for directory in part.directories:
        (data / directory).mkdir(exist_ok=True)
    for file in part.files:
        copy(INSTALLED / name / file, etc / file)
    for template in part.templates:
        text = (TEMPLATES / template).read_text()
        (etc / template).write_text(render(text, user=name))
    home = HOME / f".{name}"
    if not home.is_symlink():
        home.symlink_to(etc)


def without_databases(text):
    """Return a configuration without its database sections."""
    sections = text.split("\n\n")
    return "\n\n".join(s for s in sections if "database]\n" not in s)


def write_computes():
    """Compute hosts have a name each and must not know the databases."""
    etc = ETC / "nova"
    nova = (etc / "nova.conf").read_text()
    (etc / "compute.conf").write_text(without_databases(nova))
    for number in range(1, int(os.environ["COMPUTES"]) + 1):
        state = DATA / f"nova-compute-{number}"
        state.mkdir(exist_ok=True)
        (etc / f"compute-{number}.conf").write_text(
            f"[DEFAULT]\nhost = node{number}\nstate_path = {state}\n\n"
            f"[oslo_concurrency]\nlock_path = {state}/lock\n"
        )


def write_clouds():
    """Tell clients how to log in, and tests where notifications are."""
    path = ETC / "clouds.yaml"
    path.touch(mode=0o600)
    path.write_text(render(CLOUDS, user=os.environ["OS_USERNAME"]))


def main():
    parts = os.environ["PARTS"].split()
    for name in parts:
        write_part(name)
    if "nova" in parts:
        write_computes()
    write_clouds()


if __name__ == "__main__":
    main()
