"""A future that is cancelled, fails, or is asked too early."""
import asyncio
from _trace import T, log


async def waiter(name, fut):
    try:
        log(f"{name} got {await fut}")
    except asyncio.CancelledError:
        log(f"{name}: future cancelled")
    except ValueError as e:
        log(f"{name}: error {e}")


async def main():
    loop = asyncio.get_running_loop()
    fut = loop.create_future()
    tasks = [asyncio.create_task(waiter(n, fut)) for n in ("a", "b")]
    await asyncio.sleep(T(1))
    try:
        fut.result()
    except asyncio.InvalidStateError:
        log("result: not yet")
    log(f"cancel: {str(fut.cancel()).lower()}")
    log(f"cancelled: {str(fut.cancelled()).lower()}, again: {str(fut.cancel()).lower()}")
    try:
        fut.set_result(1)
    except asyncio.InvalidStateError:
        log("set after cancel: invalid state")
    for t in tasks:
        await t

    fut = loop.create_future()
    tasks = [asyncio.create_task(waiter(n, fut)) for n in ("c", "d")]
    loop.call_later(T(2), fut.set_exception, ValueError("broken"))
    for t in tasks:
        await t
    await waiter("late", fut)

    fut = loop.create_future()
    t = asyncio.create_task(waiter("e", fut))
    loop.call_later(T(1), fut.set_result, "x")
    loop.call_later(T(2), log, "timer after")
    await t


asyncio.run(main())
