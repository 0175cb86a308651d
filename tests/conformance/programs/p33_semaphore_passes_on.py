"""Semaphore: chosen waiters that are cancelled, over-release, fairness."""
import asyncio
from _trace import T, log


async def user(name, sem, n=1):
    try:
        async with sem:
            log(f"{name} in")
            await asyncio.sleep(T(n))
        log(f"{name} out")
    except asyncio.CancelledError:
        log(f"{name} dropped")
        raise


async def main():
    sem = asyncio.Semaphore(2)
    await sem.acquire()
    await sem.acquire()
    log(f"locked: {str(sem.locked()).lower()}")
    ts = [asyncio.create_task(user(f"u{i}", sem, i)) for i in (1, 2, 3, 4)]
    await asyncio.sleep(T(1))
    sem.release()
    sem.release()
    ts[0].cancel()
    log("main: released two, cancelled u1")
    log(f"locked with waiters: {str(sem.locked()).lower()}")
    await asyncio.sleep(T(1))
    ts[3].cancel()
    await asyncio.gather(*ts, return_exceptions=True)
    log(f"locked: {str(sem.locked()).lower()}")
    sem.release()
    async with sem, sem, sem:
        log("three at once: it grew")
    bounded = asyncio.BoundedSemaphore(1)
    async with bounded:
        log(f"bounded locked: {str(bounded.locked()).lower()}")
    try:
        bounded.release()
    except ValueError:
        log("bounded: released too often")
    async with bounded:
        log("bounded still works")
    try:
        asyncio.Semaphore(-1)
    except ValueError:
        log("negative: error")


asyncio.run(main())
