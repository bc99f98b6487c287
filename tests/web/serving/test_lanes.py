"""Each kind of slow work has threads of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine

import pytest
from flask import Flask

from db.session import MOST_CONNECTIONS
from web.serving.lanes import ENDPOINTS, LANES, PAGES, Bounds, Lane, endpoint_of, lane_of
from web.serving.refusals import TurnedAway

SLOW = (
    "download",
    "export",
    "import",
    "archive",
    "predict",
    "look_up",
    "send_photo",
    "send_part",
    "turn",
    "crop",
    "docs",
    "spec",
    "model",
)
"""Words in the names of views that decode, pack, predict or search."""


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_every_slow_endpoint_has_a_lane_and_every_lane_an_endpoint(app: Flask) -> None:
    views = {rule.endpoint for rule in app.url_map.iter_rules()}
    slow = {
        view
        for view in views
        if any(word in view.rpartition(".")[2].split("_") or word == view.rpartition(".")[2] for word in SLOW)
    }
    assert slow <= set(ENDPOINTS), "give it a lane in web/serving/lanes.py"
    assert set(ENDPOINTS) <= views
    assert set(ENDPOINTS.values()) | {PAGES} == set(LANES)
    assert lane_of(endpoint_of(app.url_map, "/healthz", "GET")) == "probes"
    assert lane_of(endpoint_of(app.url_map, "/healthz", "HEAD")) == "probes"
    assert lane_of(endpoint_of(app.url_map, "/api/v1/photos", "POST")) == "uploads"
    assert lane_of(endpoint_of(app.url_map, "/api/v1/photos", "GET")) == PAGES
    assert lane_of(endpoint_of(app.url_map, "/no/such/page", "BREW")) == PAGES


def test_there_is_a_database_connection_for_each_thread() -> None:
    assert sum(bounds.threads for bounds in LANES.values()) <= MOST_CONNECTIONS


def test_what_waits_is_bounded_in_number_and_time() -> None:
    async def use() -> None:
        lane, go_on = Lane("test", Bounds(threads=1, queue=1, patience=0.02)), threading.Event()
        await lane.enter()
        working = lane.run(go_on.wait)
        waiting = asyncio.ensure_future(lane.enter())
        await asyncio.sleep(0)
        with pytest.raises(TurnedAway):
            await lane.enter()
        with pytest.raises(TurnedAway):
            await waiting
        continued = asyncio.ensure_future(lane.enter_again())
        go_on.set()
        assert await working
        await continued  # who has begun waits as long as it takes
        assert await lane.run(lambda: "done") == "done"
        await lane.enter()

    asyncio.run(use())


def test_a_place_is_not_lost_when_who_waits_goes_away() -> None:
    async def use() -> None:
        lane, go_on = Lane("test", Bounds(threads=1, queue=5, patience=5)), threading.Event()
        await lane.enter()
        working = lane.run(go_on.wait)
        given_up = asyncio.ensure_future(lane.enter())
        patient = asyncio.ensure_future(lane.enter())
        await asyncio.sleep(0)
        given_up.cancel()
        go_on.set()
        await working
        await patient
        await lane.run(lambda: None)
        await lane.enter()

    asyncio.run(use())


@pytest.mark.parametrize("enter", [Lane.enter, Lane.enter_again])
def test_a_place_is_not_lost_when_it_comes_together_with_the_end(
    enter: Callable[[Lane], Coroutine[None, None, None]],
) -> None:
    async def use() -> None:
        lane, go_on = Lane("test", Bounds(threads=1, queue=5, patience=5)), threading.Event()
        await lane.enter()
        working = lane.run(go_on.wait)
        waiting = asyncio.ensure_future(enter(lane))
        await asyncio.sleep(0)
        working.add_done_callback(lambda _: waiting.cancel())  # after the lane's own, which gives the turn
        go_on.set()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        await asyncio.wait_for(enter(lane), 5)

    asyncio.run(use())


@pytest.mark.parametrize("how", ["expire", "cancel"])
def test_who_gave_up_takes_no_place_of_those_who_may_wait(how: str) -> None:
    async def use() -> None:
        patience = 0.02 if how == "expire" else 5
        lane, go_on = Lane("test", Bounds(threads=1, queue=1, patience=patience)), threading.Event()
        await lane.enter()
        working = lane.run(go_on.wait)
        given_up = asyncio.ensure_future(lane.enter())
        await asyncio.sleep(0)
        if how == "cancel":
            given_up.cancel()
        await asyncio.wait([given_up])
        next_one = asyncio.ensure_future(lane.enter())
        await asyncio.sleep(0)
        assert not next_one.done(), "it waits"
        go_on.set()
        await working
        await next_one

    asyncio.run(use())
