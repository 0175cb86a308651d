"""aiohttp as a client: python3 aiohttp.py URL CONCURRENCY BODY_BYTES WARM_UP_SECONDS SECONDS

Prints CPU time for a request in microseconds, and requests a second.
"""
import asyncio
import sys
import time

import aiohttp

url, concurrency, body_bytes, warm_up, window = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *map(float, sys.argv[4:])
answered = 0


async def one_slot(session):
    global answered
    while True:
        async with session.get(url) as response:
            body = await response.read()
            assert (response.status, len(body)) == (200, body_bytes), "an answer is whole"
        answered += 1


async def sleep_until_more_than(least, seconds):
    await asyncio.sleep(seconds)
    while answered <= least:
        await asyncio.sleep(seconds)


async def main():
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as slots:
        tasks = [slots.create_task(one_slot(session)) for _ in range(concurrency)]
        await sleep_until_more_than(0, warm_up)
        before, cpu, clock = answered, time.process_time(), time.perf_counter()
        await sleep_until_more_than(before, window)
        requests, cpu, clock = answered - before, time.process_time() - cpu, time.perf_counter() - clock
        print(cpu * 1e6 / requests, requests / clock)
        for task in tasks:
            task.cancel()


asyncio.run(main())
