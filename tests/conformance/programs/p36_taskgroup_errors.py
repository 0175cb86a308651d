"""TaskGroup: errors of several children, and of the body, in the order of ending."""
import asyncio
from _trace import T, log


async def job(name, n, fail=True):
    finished = False
    try:
        await asyncio.sleep(T(n))
        finished = True
    finally:
        if not finished:
            log(f"{name} dropped")
    log(f"{name} {'raises' if fail else 'end'}")
    if fail:
        raise ValueError(name)


def show(eg):
    return "[" + " ".join(show(e) if isinstance(e, ExceptionGroup) else str(e) for e in eg.exceptions) + "]"


async def main():
    try:
        async with asyncio.TaskGroup() as tg:
            gate = asyncio.Event()
            async def gated(name):
                await gate.wait()
                log(f"{name} raises")
                raise ValueError(name)
            for n in "ABC":
                tg.create_task(gated(n))
            await asyncio.sleep(T(1))
            gate.set()
    except ExceptionGroup as eg:
        log(f"same turn: {show(eg)}")
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(job("D", 3))
            tg.create_task(job("E", 1, False))
            await asyncio.sleep(T(2))
            log("body raises")
            raise ValueError("body")
    except ExceptionGroup as eg:
        log(f"body: {show(eg)}")
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(job("F", 5))
            async with asyncio.TaskGroup() as inner:
                inner.create_task(job("G", 2))
                inner.create_task(job("H", 4))
            log("never")
    except ExceptionGroup as eg:
        log(f"nested: {show(eg)}")


asyncio.run(main())
