"""What a container has of its own, for a process that runs without one: a host name, a clock, an image.

Read from the environment: CONTAINER, the host name; CLOCK_OFF, seconds by which its clock is wrong; WITHOUT,
the packages that its image does not have, separated by commas.
"""

import datetime
import importlib.abc
import os
import socket
import sys
import time

_HOST = os.environ["CONTAINER"]
_OFF = float(os.environ.get("CLOCK_OFF", "0"))
_WITHOUT = frozenset(filter(None, os.environ.get("WITHOUT", "").split(",")))

socket.gethostname = lambda: _HOST

if _OFF:
    _time, _time_ns, _datetime = time.time, time.time_ns, datetime.datetime

    class _Off(type(_datetime)):
        def __instancecheck__(cls, instance):
            return isinstance(instance, _datetime)

    class datetime_off(_datetime, metaclass=_Off):
        @classmethod
        def now(cls, tz=None):
            return _datetime.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls):
            return _datetime.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)

    time.time = lambda: _time() + _OFF
    time.time_ns = lambda: _time_ns() + int(_OFF * 1e9)
    datetime.datetime = datetime_off


class _Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in _WITHOUT:
            raise ModuleNotFoundError(f"No module named {name!r} in this image", name=name)


sys.meta_path.insert(0, _Missing())
