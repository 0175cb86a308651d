"""contextvars: copied at creation, own afterwards, shared by a plain await, captured by call_soon."""
import asyncio
import contextvars
from _trace import T, log

var = contextvars.ContextVar("var", default="unset")


async def child(name, n):
    log(f"{name} sees {var.get()}")
    await asyncio.sleep(T(n))
    var.set(name)
    log(f"{name} set {var.get()}")
    await asyncio.create_task(grandchild(name))


async def grandchild(parent):
    log(f"child of {parent} sees {var.get()}")


async def helper():
    var.set("by helper")


async def main():
    loop = asyncio.get_running_loop()
    a = asyncio.create_task(child("a", 2))
    var.set("main 1")
    b = asyncio.create_task(child("b", 1))
    loop.call_soon(lambda: log(f"callback sees {var.get()}"))
    loop.call_later(T(3), lambda: log(f"timer sees {var.get()}"))
    var.set("main 2")
    await asyncio.gather(a, b)
    log(f"main sees {var.get()}")
    await helper()
    log(f"after a plain await: {var.get()}")
    await asyncio.create_task(helper())
    token = var.set("inner")
    log(f"set: {var.get()}")
    var.reset(token)
    log(f"reset: {var.get()}")
    await asyncio.gather(child("c", 2), grandchild("main"))
    log(f"after gather: {var.get()}")


asyncio.run(main())
