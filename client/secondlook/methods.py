"""How a function that makes a call becomes a method of both clients, typed as it is and without a body."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from secondlook.call import Call
from secondlook.results import Page

P = ParamSpec("P")
T = TypeVar("T")

Step = Call[Any] | float
"""A call to send, or seconds to wait."""
Script = Generator[Step, Any, T]
"""Several calls, each made of the answers before it. Either client plays it."""


class Sender(Protocol):
    def send(self, call: Call[T]) -> T: ...

    def play(self, script: Script[T]) -> T: ...


class AsyncSender(Protocol):
    def send(self, call: Call[T]) -> Coroutine[Any, Any, T]: ...

    def play(self, script: Script[T]) -> Coroutine[Any, Any, T]: ...


class Sent(Generic[P, T]):
    """A method of `Client` that sends the call."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self.make = make

    def __get__(self, client: Sender, _owner: type) -> Callable[P, T]:
        @functools.wraps(self.make)
        def send(*args: P.args, **kwargs: P.kwargs) -> T:
            return client.send(self.make(*args, **kwargs))

        return send


class AsyncSent(Generic[P, T]):
    """A method of `AsyncClient` that sends the call."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self.make = make

    def __get__(self, client: AsyncSender, _owner: type) -> Callable[P, Awaitable[T]]:
        @functools.wraps(self.make)
        def send(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
            return client.send(self.make(*args, **kwargs))

        return send


class Each(Generic[P, T]):
    """A method of `Client` that yields the items of all pages, a page at a time."""

    def __init__(self, make: Callable[P, Call[Page[T]]]) -> None:
        self.make = make

    def __get__(self, client: Sender, _owner: type) -> Callable[P, Iterator[T]]:
        @functools.wraps(self.make)
        def iterate(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
            call = self.make(*args, **kwargs)
            while True:
                page = client.send(call)
                yield from page["items"]
                if page["next"] is None:
                    return
                call = call.from_cursor(page["next"])

        return iterate


class AsyncEach(Generic[P, T]):
    """A method of `AsyncClient` that yields the items of all pages, a page at a time."""

    def __init__(self, make: Callable[P, Call[Page[T]]]) -> None:
        self.make = make

    def __get__(self, client: AsyncSender, _owner: type) -> Callable[P, AsyncIterator[T]]:
        @functools.wraps(self.make)
        async def iterate(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
            call = self.make(*args, **kwargs)
            while True:
                page = await client.send(call)
                for item in page["items"]:
                    yield item
                if page["next"] is None:
                    return
                call = call.from_cursor(page["next"])

        return iterate


class Played(Generic[P, T]):
    """A method of `Client` that plays a script."""

    def __init__(self, make: Callable[P, Script[T]]) -> None:
        self.make = make

    def __get__(self, client: Sender, _owner: type) -> Callable[P, T]:
        @functools.wraps(self.make)
        def play(*args: P.args, **kwargs: P.kwargs) -> T:
            return client.play(self.make(*args, **kwargs))

        return play


class AsyncPlayed(Generic[P, T]):
    """A method of `AsyncClient` that plays a script."""

    def __init__(self, make: Callable[P, Script[T]]) -> None:
        self.make = make

    def __get__(self, client: AsyncSender, _owner: type) -> Callable[P, Awaitable[T]]:
        @functools.wraps(self.make)
        def play(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
            return client.play(self.make(*args, **kwargs))

        return play
