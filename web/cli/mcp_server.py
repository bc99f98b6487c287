"""The tools of the MCP server, each one or two calls of the API. Imported by `flask mcp` alone."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from secondlook import AsyncClient, SecondLookError, Unreachable

T = TypeVar("T")

INSTRUCTIONS = """In Second Look people label faces (say, mask and nomask), and a classifier learns from their
answers. Figures come with n and a 95 % interval: say both when you quote one. `locked` figures are of people
whom the model never saw. Pictures are of real people, who agreed to this workbench only."""
READS, CHANGES = ToolAnnotations(read_only_hint=True), ToolAnnotations(destructive_hint=False)
MOST_PICTURES = 12
"""In one answer."""


@dataclass(frozen=True)
class Allowed:
    """What the assistant may do besides reading."""

    changes: bool
    pictures: bool


def serve(url: str, token: str, allowed: Allowed) -> None:
    """Answer over stdin and stdout until stdin ends."""
    make_server(AsyncClient(url, token, timeout=30, patience=5), url, allowed).run("stdio")


def make_server(api: AsyncClient, url: str, allowed: Allowed) -> MCPServer:
    """The server with the tools that are allowed."""
    server = MCPServer("second-look", title="Second Look", instructions=INSTRUCTIONS, log_level="WARNING")
    tools = Tools(api, url)
    for tool in (tools.status, tools.queue_summary, tools.read_run):
        server.tool(annotations=READS)(tool)
    shown: list[Callable[..., Any]] = [tools.suspects_shown, tools.similar_shown, tools.predict_shown]
    without: list[Callable[..., Any]] = [tools.suspects, tools.similar, tools.predict]
    for one in shown if allowed.pictures else without:
        name = one.__name__.removesuffix("_shown")
        server.tool(name, annotations=READS, structured_output=False)(one)
    if allowed.changes:
        server.tool(annotations=CHANGES)(tools.start_run)
    return server


class Tools:
    """What an assistant may ask. Each raises ToolError, with what to do, if the workbench does not answer."""

    def __init__(self, api: AsyncClient, url: str) -> None:
        self._api = api
        self._url = url

    async def status(self) -> dict[str, Any]:
        """Counts of photos, faces and answers, the live model, and how good it is on people it never saw."""
        return dict(await self._ask(self._api.stats()))

    async def queue_summary(self) -> dict[str, Any]:
        """How many faces wait to be labelled and reviewed, and what a retrain still needs to be worth it."""
        stats = await self._ask(self._api.stats())
        return {"waiting": stats["waiting"], "until_retrain": await self._ask(self._api.get_progress())}

    async def read_run(self, run_id: int | None = None) -> dict[str, Any]:
        """A run: how far it is, its figures, and why its model is live or not. Without an id the newest."""
        return dict(await self._ask(self._api.get_run(run_id or await self._newest_run())))

    async def suspects(self, run_id: int | None = None, limit: int = 20) -> dict[str, Any]:
        """Labelled faces from the most to the least doubtful label. Without an id by the live model."""
        run = run_id or await self._live_run()
        page = await self._ask(self._api.list_suspects(run, limit=limit))
        return {"run_id": run, "suspects": page["items"]}

    async def suspects_shown(
        self, run_id: int | None = None, limit: int = 20, pictures: bool = False
    ) -> list[Any]:
        """Labelled faces from the most to the least doubtful label, with `pictures` also as pictures."""
        found = await self.suspects(run_id, limit)
        return [found, *await self._faces([one["face_id"] for one in found["suspects"]], pictures)]

    async def similar(self, face_id: int, limit: int = 10) -> dict[str, Any]:
        """The faces most like a face, nearest first."""
        return dict(await self._ask(self._api.find_similar(face_id, limit=limit)))

    async def similar_shown(self, face_id: int, limit: int = 10, pictures: bool = False) -> list[Any]:
        """The faces most like a face, nearest first, with `pictures` also as pictures."""
        found = await self.similar(face_id, limit)
        return [found, *await self._faces([one["face_id"] for one in found["items"]], pictures)]

    async def predict(self, path: str, run_id: int | None = None) -> dict[str, Any]:
        """What a model sees in a photo on this machine, which is not kept. Without an id the live model."""
        return dict(await self._ask(self._api.predict(_photo(path), run=run_id)))

    async def predict_shown(self, path: str, run_id: int | None = None, picture: bool = False) -> list[Any]:
        """What a model sees in a photo on this machine, with `picture` also drawn over the photo."""
        found: list[Any] = [await self.predict(path, run_id)]
        if picture:
            drawn = await self._ask(self._api.predict_picture(_photo(path), run=run_id))
            found.append(Image(data=drawn, format="jpeg"))
        return found

    async def start_run(self, recipe: str = "quick") -> dict[str, Any]:
        """Train on the answers so far; joins a run that has not started. `read_run` says how far it is."""
        return dict(await self._ask(self._api.start_run(recipe)))

    async def _newest_run(self) -> int:
        runs = (await self._ask(self._api.list_runs(limit=1)))["items"]
        if not runs:
            raise ToolError("There is no run yet. Label some faces, then start one.")
        return runs[0]["id"]

    async def _live_run(self) -> int:
        live = (await self._ask(self._api.stats()))["active_run"]
        if live is None:
            raise ToolError("There is no live model yet. Label some faces, then start a run.")
        return live

    async def _faces(self, face_ids: Sequence[int], wanted: bool) -> list[Image]:
        shown = face_ids[:MOST_PICTURES] if wanted else []
        crops = [await self._ask(self._api.fetch(f"/faces/{one}/crop.jpg")) for one in shown]
        return [Image(data=crop, format="jpeg") for crop in crops]

    async def _ask(self, call: Awaitable[T]) -> T:
        """The answer, or in words why there is none."""
        try:
            return await call
        except SecondLookError as error:
            hint = f" It is looked for at {self._url}: start it with make run, or set SECONDLOOK_URL."
            raise ToolError(f"{error}{hint if isinstance(error, Unreachable) else ''}") from error


def _photo(path: str) -> bytes:
    file = Path(path).expanduser()
    if not file.is_file():
        raise ToolError(f"There is no file {path} on this machine.")
    return file.read_bytes()
