"""`python -m web.cli.serve`: the web process, on HOST and PORT, until SIGTERM."""

from web import create_app
from web.serving.server import run

if __name__ == "__main__":
    run(create_app())
