"""A target of fuzzing, one execution of it, and what counts as a finding."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hypothesis import strategies as st

PROCESSOR_SECONDS, SECONDS = 10.0, 120.0
"""Most that one execution may take: of the processor, which does not depend on other work, and of the clock."""
ROOT = Path(__file__).parents[2]
OURS = (str(ROOT / "sandbox"), str(ROOT / "tests"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A parser or a door: `run` takes any bytes, and returns or raises one of `refusals`. It also asserts what always
    holds, such as that what was written is read again. `words` are what mutations put in.
    """

    name: str
    run: Callable[[bytes], object]
    strategy: st.SearchStrategy[bytes]
    refusals: tuple[type[Exception], ...] = ()
    words: tuple[bytes, ...] = ()


class Hang(KeyboardInterrupt):
    """An execution that took too long: of a kind that no code below catches by chance."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kind` tells outcomes apart: the type of a value, or the refusal with its rule; `finding` is empty for a good
    one, else what fell, and where.
    """

    kind: str
    finding: str = ""


def execute(target: Target, data: bytes) -> Outcome:
    """Run a target once."""
    try:
        with limited():
            value = target.run(data)
    except target.refusals as refusal:
        return Outcome(f"{type(refusal).__name__} {getattr(refusal, 'rule', '')}")
    except Hang:
        return Outcome("hang", f"no end after {PROCESSOR_SECONDS:g} seconds of the processor")
    # What a target must not raise is anything else: an error of memory or recursion as well.
    except Exception as error:
        return Outcome(type(error).__name__, f"{type(error).__name__}: {str(error)[:200]} at {_place(error)}")
    return Outcome(type(value).__name__)


def _place(error: Exception) -> str:
    """Return the innermost line of this repository that an error passed."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(OURS)]
    return f"{Path(frames[-1].filename).relative_to(ROOT)}:{frames[-1].lineno}" if frames else "?"


@contextmanager
def limited() -> Iterator[None]:
    """Raise Hang in the block when it takes too long; only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(number, signal.signal(number, _end)) for number in (signal.SIGVTALRM, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_VIRTUAL, PROCESSOR_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before:
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    raise Hang
