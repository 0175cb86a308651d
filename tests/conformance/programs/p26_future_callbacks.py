"""A future: callbacks and waiters in one order, none runs inside set_result."""
import asyncio
from _trace import T, log


async def waiter(name, fut):
    log(f"{name} got {await fut}")


async def main():
    loop = asyncio.get_running_loop()
    fut = loop.create_future()
    w1 = asyncio.create_task(waiter("w1", fut))
    await asyncio.sleep(0)
    fut.add_done_callback(lambda f: log(f"callback 1 sees {f.result()}"))
    w2 = asyncio.create_task(waiter("w2", fut))
    await asyncio.sleep(0)
    fut.add_done_callback(lambda f: log(f"callback 2 sees {f.result()}"))
    log(f"done: {str(fut.done()).lower()}")
    await asyncio.sleep(T(1))
    fut.set_result(42)
    log("after set, nothing has run")
    try:
        fut.set_result(43)
    except asyncio.InvalidStateError:
        log("second set: invalid state")
    log(f"cancel when done: {str(fut.cancel()).lower()}")
    await asyncio.sleep(0)
    log("main: next turn")
    fut.add_done_callback(lambda f: log("late callback"))
    log("main: late callback added")
    await asyncio.sleep(0)
    log(f"again {await fut} and again {await fut}")
    await w1
    await w2


asyncio.run(main())
