"""A waiter that is woken and cancelled in the same turn, with every primitive; then who is next."""
import asyncio
from _trace import T, log


async def use(name, aw, release=None):
    try:
        await aw
        log(f"{name} through")
        if release:
            release()
    except asyncio.CancelledError:
        log(f"{name} dropped")
        raise


async def pair(make, release):
    ts = [asyncio.create_task(use(n, make(), release if n == "second" else None)) for n in ("first", "second")]
    await asyncio.sleep(T(1))
    release()
    ts[0].cancel()
    await asyncio.gather(*ts, return_exceptions=True)


async def main():
    log("lock")
    lock = asyncio.Lock()
    await lock.acquire()
    await pair(lock.acquire, lock.release)
    log(f"locked: {str(lock.locked()).lower()}")
    log("semaphore")
    sem = asyncio.Semaphore(0)
    await pair(sem.acquire, sem.release)
    log(f"locked: {str(sem.locked()).lower()}")
    log("queue")
    q = asyncio.Queue()
    await pair(q.get, lambda: q.put_nowait(1))
    log(f"size {q.qsize()}")
    log("sleep")
    t = asyncio.create_task(use("sleeper", asyncio.sleep(T(1))))
    asyncio.get_running_loop().call_later(T(1), t.cancel)
    await asyncio.wait([t])
    log(f"cancelled: {str(t.cancelled()).lower()}")
    log("task")
    inner = asyncio.create_task(asyncio.sleep(T(1)))
    t = asyncio.create_task(use("awaiter", asyncio.shield(inner)))
    inner.add_done_callback(lambda _: t.cancel())
    await asyncio.wait([t])
    log(f"cancelled: {str(t.cancelled()).lower()}")


asyncio.run(main())
