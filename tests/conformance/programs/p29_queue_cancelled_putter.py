"""A cancelled putter leaves no item; one that was chosen passes its turn on."""
import asyncio
from _trace import T, log


async def putter(name, q, item):
    finished = False
    try:
        await q.put(item)
        finished = True
        log(f"{name} put")
    finally:
        if not finished:
            log(f"{name} dropped")


async def main():
    q = asyncio.Queue(maxsize=1)
    q.put_nowait("first")
    p1 = asyncio.create_task(putter("p1", q, 1))
    p2 = asyncio.create_task(putter("p2", q, 2))
    p3 = asyncio.create_task(putter("p3", q, 3))
    p4 = asyncio.create_task(putter("p4", q, 4))
    await asyncio.sleep(T(1))
    p1.cancel()
    await asyncio.sleep(T(1))
    log(f"main: size {q.qsize()}")
    log(f"main: took {q.get_nowait()}")
    p2.cancel()
    log("main: cancelled p2, which was chosen")
    await asyncio.sleep(T(1))
    log(f"main: size {q.qsize()}, full: {str(q.full()).lower()}")
    log(f"main: got {await q.get()}")
    await asyncio.sleep(0)
    log(f"main: got {await q.get()}")
    log(f"main: empty: {str(q.empty()).lower()}")
    await asyncio.gather(p1, p2, p3, p4, return_exceptions=True)


asyncio.run(main())
