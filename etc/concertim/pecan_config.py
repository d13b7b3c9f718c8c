"""For ``pecan serve``: development only, on a loopback address.

OS_CONCERTIM_CONFIG_FILES names another configuration of concertim.
"""

server = {"host": "127.0.0.1", "port": "8990"}

app = {"modules": ["concertim_api.wsgi"]}

concertim = {"config_file": "%(confdir)s/development.conf"}
