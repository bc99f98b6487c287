"""`flask mcp`: an MCP server, by which an assistant looks at a running workbench."""

import sys
from pathlib import Path

import click

CLIENT = Path(__file__).parents[2] / "client"


@click.command()
@click.option("--url", envvar="SECONDLOOK_URL", default="http://127.0.0.1:8000", show_default=True)
@click.option("--token", envvar="SECONDLOOK_TOKEN", help="By default SECONDLOOK_TOKEN; see flask token.")
@click.option("--allow-changes", is_flag=True, help="Also offer what changes something: start_run.")
@click.option("--allow-pictures", is_flag=True, help="Let faces and photos into the answers, when asked for.")
def mcp(url: str, token: str | None, allow_changes: bool, allow_pictures: bool) -> None:
    """Serve the Model Context Protocol over stdin and stdout, on behalf of the token's person.

    The assistant that starts it sees what the token may see. Pictures go to the model behind it only with
    --allow-pictures.
    """
    if not token:
        raise click.UsageError("Set SECONDLOOK_TOKEN, or give --token: flask token --role owner makes one.")
    sys.path.insert(0, str(CLIENT))  # a package of its own, which nothing else here imports
    from web.cli.mcp_server import Allowed, serve

    serve(url, token, Allowed(changes=allow_changes, pictures=allow_pictures))


COMMANDS = (mcp,)
