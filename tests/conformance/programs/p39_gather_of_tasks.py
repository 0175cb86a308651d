"""gather over tasks: the awaiter is cancelled, and the tasks with it."""
import asyncio
from _trace import T, log


async def job(name, n):
    finished = False
    try:
        await asyncio.sleep(T(n))
        finished = True
        log(f"{name} end")
    finally:
        if not finished:
            log(f"{name} dropped")
    return name


async def owner(ts):
    left = True
    try:
        await asyncio.gather(*ts)
        left = False
    finally:
        if left:
            log("owner left")


async def main():
    ts = [asyncio.create_task(job(n, k), name=n) for n, k in (("A", 4), ("B", 1), ("C", 3))]
    o = asyncio.create_task(owner(ts))
    await asyncio.sleep(T(2))
    o.cancel()
    await asyncio.wait([o])
    log(" ".join(f"{t.get_name()}:{str(t.cancelled()).lower()}" for t in ts))
    t = asyncio.create_task(job("D", 5))
    try:
        await asyncio.wait_for(t, T(2))
    except TimeoutError:
        log(f"timeout, D cancelled: {str(t.cancelled()).lower()}")
    await asyncio.sleep(T(4))
    log("nobody is left")


asyncio.run(main())
