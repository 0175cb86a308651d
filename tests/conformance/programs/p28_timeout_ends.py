"""What leaves a timeout scope: an error of the body, zero limits, the end disarms."""
import asyncio
from _trace import T, log


def b(x):
    return str(x).lower()


async def main():
    try:
        async with asyncio.timeout(T(2)) as s:
            await asyncio.sleep(T(1))
            raise ValueError("own")
    except ValueError as e:
        log(f"error {e}, expired: {b(s.expired())}")
    await asyncio.sleep(T(3))
    log(f"later, expired: {b(s.expired())}")
    try:
        async with asyncio.timeout(0) as s:
            log("zero: body runs")
            await asyncio.sleep(0)
            log("never here")
    except TimeoutError:
        log(f"zero: timed out, expired: {b(s.expired())}")
    async with asyncio.timeout(0) as s:
        log("zero: no wait")
    log(f"zero: through, expired: {b(s.expired())}")
    now = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(now - 1) as s:
            log(f"past: when is before now: {b(s.when() < now)}")
            await asyncio.sleep(T(1))
    except TimeoutError:
        log(f"past: timed out, expired: {b(s.expired())}")
    async with asyncio.timeout_at(now + T(3)) as s:
        await asyncio.sleep(T(1))
    log("in time")
    try:
        s.reschedule(now + T(9))
    except RuntimeError:
        log("reschedule after the end: error")


asyncio.run(main())
