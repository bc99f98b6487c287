"""The MCP server, asked by a client of the official SDK over stdin and stdout."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client

from tests.faults.load import label_and_train
from tests.pictures import jpeg, portrait
from tests.workbench_process import ROOT, Workbench, free_port, running_workbench

READING = {"status", "queue_summary", "read_run", "suspects", "similar", "predict"}


@asynccontextmanager
async def session(url: str, token: str, *options: str) -> AsyncIterator[ClientSession]:
    env = os.environ | {"SECONDLOOK_URL": url, "SECONDLOOK_TOKEN": token}
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "flask", "mcp", *options], cwd=str(ROOT), env=env
    )
    async with stdio_client(started) as streams, ClientSession(*streams) as opened:
        await opened.initialize()
        yield opened


async def ask(opened: ClientSession, tool: str, **arguments: Any) -> tuple[Any, list[Any]]:
    """The JSON of an answer, and its pictures."""
    result = await opened.call_tool(tool, arguments)
    assert not result.is_error, result.content
    texts = [one for one in result.content if one.type == "text"]
    return json.loads(texts[0].text), [one for one in result.content if one.type == "image"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_tool_is_listed_and_answers(tmp_path: Path) -> None:
    photo = tmp_path / "somebody.jpg"
    photo.write_bytes(jpeg(portrait(7, True, (640, 480))))
    with running_workbench(tmp_path / "data") as bench:
        bench.sign_in()
        label_and_train(bench, tmp_path / "labelled")
        asyncio.run(_ask_all(bench, photo))


async def _ask_all(bench: Workbench, photo: Path) -> None:
    async with session(bench.url, bench.token) as reading:
        listed = (await reading.list_tools()).tools
        assert {tool.name for tool in listed} == READING
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed)
        status, _ = await ask(reading, "status")
        assert status["active_run"]
        assert (await ask(reading, "queue_summary"))[0]["until_retrain"]["needed"]
        run, _ = await ask(reading, "read_run")
        assert (run["id"], run["status"]) == (status["active_run"], "done")
        suspects, pictures = await ask(reading, "suspects", limit=2)
        assert len(suspects["suspects"]) == 2
        assert pictures == []
        seen, _ = await ask(reading, "predict", path=str(photo))
        assert seen["run_id"] == run["id"]
        face = suspects["suspects"][0]["face_id"]
        assert (await ask(reading, "similar", face_id=face, limit=3))[0]["items"]
        gone = await reading.call_tool("read_run", {"run_id": 99})
        assert gone.is_error
        assert "There is no such run" in gone.content[0].text
        nothing = await reading.call_tool("predict", {"path": "/nowhere.jpg"})
        assert nothing.is_error
    async with session(bench.url, bench.token, "--allow-changes", "--allow-pictures") as writing:
        assert {tool.name for tool in (await writing.list_tools()).tools} == READING | {"start_run"}
        _, pictures = await ask(writing, "suspects", limit=2, pictures=True)
        assert [one.mime_type for one in pictures] == ["image/jpeg"] * 2
        assert len((await ask(writing, "predict", path=str(photo), picture=True))[1]) == 1
        assert len((await ask(writing, "similar", face_id=face, limit=3, pictures=True))[1]) == 3
        assert (await ask(writing, "suspects", limit=2))[1] == []
        started, _ = await ask(writing, "start_run")
        assert (await ask(writing, "read_run", run_id=started["id"]))[0]["status"] != "failed"


@pytest.mark.slow
def test_without_a_workbench_each_tool_says_so() -> None:
    url = f"http://127.0.0.1:{free_port()}"

    async def talk() -> None:
        async with session(url, "a token") as opened:
            answer = await opened.call_tool("status", {})
            assert answer.is_error
            assert f"looked for at {url}" in answer.content[0].text

    asyncio.run(talk())


def flask(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT, env=os.environ | env, input="", text=True, capture_output=True, timeout=120,
    )  # fmt: skip


@pytest.mark.slow
def test_without_a_token_it_says_how_to_get_one_and_stdout_stays_empty(tmp_path: Path) -> None:
    done = flask("mcp", DATA=str(tmp_path), SECONDLOOK_TOKEN="")
    assert done.returncode == 2
    assert "flask token" in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_its_libraries_are_loaded_by_no_other_command(tmp_path: Path) -> None:
    code = (
        "import sys; from web import create_app; create_app().test_cli_runner().invoke(args=['config']);"
        "print([name for name in ('mcp', 'httpx', 'secondlook', 'httpx2') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=os.environ | {"DATA": str(tmp_path)}, text=True, capture_output=True,
    )  # fmt: skip
    assert done.stdout.strip().splitlines()[-1] == "[]", done.stderr
