"""The client alone. Its commands are declared where the server's are."""

import configparser
import pathlib

import setuptools

GROUPS = ("openstack.cli.extension", "openstack.concertim.v1")

declared = configparser.ConfigParser(delimiters="=", interpolation=None)
declared.read_string(pathlib.Path("../setup.cfg").read_text())
points = declared["options.entry_points"]

setuptools.setup(
    setup_requires=["pbr>=6.1"],
    pbr=True,
    entry_points={group: points[group].split("\n") for group in GROUPS},
)
