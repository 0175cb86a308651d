"""Condition.wait_for re-checks; a cancelled waiter that had been notified passes it on."""
import asyncio
from _trace import T, log


async def consumer(name, cond, items, need):
    async with cond:
        await cond.wait_for(lambda: len(items) >= need)
        taken = [items.pop(0) for _ in range(need)]
        log(f"{name} took {taken}, {len(items)} left")


async def waiter(name, cond):
    try:
        async with cond:
            await cond.wait()
            log(f"{name} notified")
    except asyncio.CancelledError:
        log(f"{name} dropped")
        raise


async def main():
    cond, items = asyncio.Condition(), []
    ts = [asyncio.create_task(consumer(f"c{i}", cond, items, n)) for i, n in enumerate((3, 1, 2), 1)]
    for i in range(6):
        await asyncio.sleep(T(1))
        async with cond:
            items.append(i)
            log(f"produced {i}")
            cond.notify_all()
    await asyncio.gather(*ts)
    a, b, c = (asyncio.create_task(waiter(n, cond)) for n in "abc")
    await asyncio.sleep(T(1))
    async with cond:
        cond.notify()
        a.cancel()
        log("notified a and cancelled it")
    await asyncio.sleep(T(1))
    log(f"b done: {str(b.done()).lower()}")
    c.cancel()
    await asyncio.sleep(T(1))
    log(f"c done: {str(c.done()).lower()}, locked: {str(cond.locked()).lower()}")
    await asyncio.gather(a, b, c, return_exceptions=True)


asyncio.run(main())
