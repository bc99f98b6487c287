"""Registers the `flask` commands. Each works on the data folder, also while the workbench runs."""

from flask import Flask

from web.cli import maintenance, people, photos, runs
from web.cli.simulate import simulate
from web.cli.up import up


def init_app(app: Flask) -> None:
    for command in (up, simulate, *people.COMMANDS, *photos.COMMANDS, *runs.COMMANDS, *maintenance.COMMANDS):
        app.cli.add_command(command)
