"""Lock: the chosen waiter is cancelled; release by another task; misuse."""
import asyncio
from _trace import T, log


async def user(name, lock, n=1):
    try:
        async with lock:
            log(f"{name} in")
            await asyncio.sleep(T(n))
        log(f"{name} out")
    except asyncio.CancelledError:
        log(f"{name} dropped")
        raise


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    ts = [asyncio.create_task(user(f"u{i}", lock)) for i in (1, 2, 3, 4)]
    await asyncio.sleep(T(1))
    lock.release()
    ts[0].cancel()
    log("main: released, cancelled u1, which was chosen")
    log(f"locked: {str(lock.locked()).lower()}")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    ts[2].cancel()
    await asyncio.gather(*ts, return_exceptions=True)
    log(f"locked: {str(lock.locked()).lower()}")
    try:
        lock.release()
    except RuntimeError:
        log("release of what nobody holds: error")
    t = asyncio.create_task(lock.acquire())
    await t
    log(f"another task took it, locked: {str(lock.locked()).lower()}")
    u = asyncio.create_task(user("u5", lock))
    await asyncio.sleep(T(1))
    lock.release()
    await u
    async with lock:
        try:
            await asyncio.wait_for(lock.acquire(), T(1))
        except TimeoutError:
            log("not reentrant")


asyncio.run(main())
