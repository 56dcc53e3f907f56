"""The store: the cost of an insert at 100,000 patients against that at 1,000. `python -m benchmarks.store`"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from datetime import UTC, datetime

from sandbox.base.ids import Ids
from sandbox.model import Identifier, Name, Patient
from sandbox.store import Store

BATCH, SMALL, LARGE = 1_000, 1_000, 100_000
LIMIT = 2.0


def main() -> int:
    """Prints the ratio; exit code 1 when an insert costs more than twice as much in a large store."""
    store, ids = Store(), Ids(1)
    fill(store, ids, SMALL)
    small = statistics.median(batch(store, ids) for _ in range(5))
    fill(store, ids, LARGE - store.count(Patient))
    large = statistics.median(batch(store, ids) for _ in range(5))
    print(f"an insert at {LARGE:,} patients costs {large / small:.2f} x one at {SMALL:,} (limit {LIMIT} x)")
    return 0 if large / small <= LIMIT else 1


def batch(store: Store, ids: Ids) -> float:
    """Seconds for a batch of inserts, each with its indexes; collecting garbage is not the store's work."""
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    fill(store, ids, BATCH)
    duration = time.perf_counter() - started
    gc.enable()
    return duration


def fill(store: Store, ids: Ids, count: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(count):
        id_ = ids.uuid()
        store.put(
            Patient(
                id=id_,
                legacy_id=ids.legacy(),
                name=Name(family="Synthetic", given="Person"),
                identifiers=(Identifier(type="NHS", value=id_),),
                organisations=("org",),
                entered_at=now,
                created_at=now,
                updated_at=now,
            )
        )


if __name__ == "__main__":
    sys.exit(main())
