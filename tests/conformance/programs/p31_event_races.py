"""Event: set then clear at once still wakes; who comes after clear waits."""
import asyncio
from _trace import T, log


async def waiter(name, ev, again=False):
    await ev.wait()
    log(f"{name} woke, is set: {str(ev.is_set()).lower()}")
    if again:
        await ev.wait()
        log(f"{name} woke again")


async def main():
    ev = asyncio.Event()
    a = asyncio.create_task(waiter("a", ev, True))
    b = asyncio.create_task(waiter("b", ev))
    await asyncio.sleep(T(1))
    ev.set()
    ev.clear()
    log("main: set and clear")
    c = asyncio.create_task(waiter("c", ev))
    await asyncio.sleep(T(1))
    log(f"a done: {str(a.done()).lower()}, b done: {str(b.done()).lower()}, c done: {str(c.done()).lower()}")
    d = asyncio.create_task(waiter("d", ev))
    await asyncio.sleep(0)
    c.cancel()
    ev.set()
    ev.set()
    log("main: set twice, cancelled c")
    await asyncio.gather(a, b, d)
    log(f"c cancelled: {str(c.cancelled()).lower()}")
    ev.clear()
    e = asyncio.create_task(waiter("e", ev))
    await asyncio.sleep(T(1))
    ev.set()
    e.cancel()
    await asyncio.sleep(T(1))
    log(f"e was woken and cancelled: {str(e.cancelled()).lower()}")


asyncio.run(main())
