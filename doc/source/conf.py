"""How the documentation is built: offline, from the code and the demo."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE / "_exts"), str(HERE.parents[1])]

project = "concertim-api"
copyright = "the concertim-api developers, Apache-2.0"
extensions = [
    "cliff.sphinxext",
    "oslo_config.sphinxext",
    "oslo_policy.sphinxext",
    "reno.sphinxext",
    "examples",
    "generated",
]
exclude_patterns = ["_exts"]
nitpicky = True
highlight_language = "none"

# NOTE: not openstackdocstheme: its pages wear the header and the footer of
# the OpenStack Foundation, and report their readers to its analytics.
html_theme = "alabaster"
html_theme_options = {
    "description": "Who used what of an OpenStack cloud, and when",
    "fixed_sidebar": False,
    "page_width": "1160px",
    "sidebar_width": "240px",
    "body_max_width": "900px",
}
html_static_path = ["_static"]
html_css_files = ["house.css"]
html_copy_source = False
html_show_sphinx = False
html_sidebars = {
    "**": ["about.html", "searchfield.html", "navigation.html"],
}

autoprogram_cliff_application = "openstack"
