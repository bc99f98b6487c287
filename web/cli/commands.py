"""Registers the `flask` commands. Each works on the data folder, also while the workbench runs."""

from flask import Flask

from web.cli import backup, detect, export, maintenance, mcp, people, photos, predict, runs, versions
from web.cli.simulate import simulate
from web.cli.up import up
from web.cli.watch import watch


def init_app(app: Flask) -> None:
    parts = (detect, people, photos, export, predict, runs, versions, maintenance, backup, mcp)
    for command in (up, simulate, watch, *(one for part in parts for one in part.COMMANDS)):
        app.cli.add_command(command)
