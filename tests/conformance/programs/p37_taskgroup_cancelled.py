"""Who owns a TaskGroup is cancelled: the body, then the children, then the owner."""
import asyncio
from _trace import T, log


async def job(name, n):
    finished = False
    log(f"{name} start")
    try:
        await asyncio.sleep(T(n))
        finished = True
        log(f"{name} end")
    finally:
        if not finished:
            log(f"{name} dropped")


async def owner(wait):
    finished = False
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(job("A", 5))
            await asyncio.sleep(0)
            tg.create_task(job("B", 1))
            if wait:
                try:
                    await asyncio.sleep(T(9))
                finally:
                    log("body dropped")
            else:
                log("body ended")
        finished = True
    finally:
        if not finished:
            log("owner left")


async def main():
    for wait in (False, True):
        t = asyncio.create_task(owner(wait))
        await asyncio.sleep(T(2))
        log("main: cancel")
        t.cancel()
        try:
            await t
        except asyncio.CancelledError:
            log("main: owner was cancelled")
        await asyncio.sleep(T(1))
    t = asyncio.create_task(asyncio.wait_for(owner(False), T(3)))
    try:
        await t
    except TimeoutError:
        log("main: timed out")


asyncio.run(main())
