"""`python -m web.cli.serve`: the web process, on HOST and PORT, until SIGTERM."""

import gc

from web import create_app
from web.serving.server import run

if __name__ == "__main__":
    app = create_app()
    gc.collect()
    gc.freeze()  # else a full collection during a request takes 0.1 s over objects that never go away
    run(app)
