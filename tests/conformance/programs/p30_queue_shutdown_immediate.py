"""shutdown(immediate): what is inside is dropped; joiners, getters and putters."""
import asyncio
from _trace import T, log


async def joiner(q):
    await q.join()
    log("joiner: joined")


async def putter(q, item):
    try:
        await q.put(item)
        log(f"put {item}")
    except asyncio.QueueShutDown:
        log(f"put {item}: shut down")


async def worker(name, q):
    try:
        while True:
            item = await q.get()
            log(f"{name} works on {item}")
            await asyncio.sleep(T(3))
            log(f"{name} did {item}")
            q.task_done()
    except asyncio.QueueShutDown:
        log(f"{name}: shut down")


async def main():
    q = asyncio.Queue(2)
    q.put_nowait("a")
    q.put_nowait("b")
    j = asyncio.create_task(joiner(q))
    p = asyncio.create_task(putter(q, "c"))
    await asyncio.sleep(T(1))
    q.shutdown(immediate=True)
    log(f"main: size {q.qsize()}")
    await asyncio.gather(j, p)
    try:
        q.get_nowait()
    except asyncio.QueueShutDown:
        log("main: get says shut down")

    q = asyncio.Queue()
    for x in "xyz":
        q.put_nowait(x)
    w = asyncio.create_task(worker("w", q))
    j = asyncio.create_task(joiner(q))
    await asyncio.sleep(T(1))
    q.shutdown(immediate=True)
    q.shutdown()
    log("main: shut down while w works")
    await j
    await w


asyncio.run(main())
