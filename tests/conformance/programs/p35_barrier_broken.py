"""Barrier.abort breaks it for those who wait and who come; reset mends it."""
import asyncio
from _trace import T, log


async def runner(name, bar):
    try:
        await bar.wait()
        log(f"{name} passes")
    except asyncio.BrokenBarrierError:
        log(f"{name}: broken")


async def main():
    bar = asyncio.Barrier(3)
    ts = [asyncio.create_task(runner(n, bar)) for n in "AB"]
    await asyncio.sleep(T(1))
    await bar.abort()
    log(f"aborted, broken: {str(bar.broken).lower()}")
    await asyncio.gather(*ts)
    await runner("C", bar)
    await bar.reset()
    log(f"reset, broken: {str(bar.broken).lower()}, waiting {bar.n_waiting}")
    ts = [asyncio.create_task(runner(n, bar)) for n in "DE"]
    await asyncio.sleep(T(1))
    await bar.reset()
    log("reset with two inside")
    await asyncio.gather(*ts)
    await asyncio.sleep(T(1))
    log(f"broken: {str(bar.broken).lower()}, waiting {bar.n_waiting}")
    await asyncio.gather(*(runner(n, bar) for n in "FGH"))
    ts = [asyncio.create_task(runner(n, bar)) for n in "IJ"]
    await asyncio.sleep(T(1))
    ts[0].cancel()
    await asyncio.sleep(0)
    await runner("K", asyncio.Barrier(1))
    log(f"after cancel: waiting {bar.n_waiting}")
    await asyncio.gather(runner("L", bar), runner("M", bar), ts[1])


asyncio.run(main())
