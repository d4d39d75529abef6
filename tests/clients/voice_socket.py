"""Runs the Python example of document 004. It only listens: what is spoken comes from beside it, over its own connection, which
is closed when the example has printed a reply."""

import asyncio
import base64
import json
import pathlib

import websockets

replied = asyncio.Event()


class Connect(websockets.connect):
    async def __aenter__(self):
        connection = await super().__aenter__()
        started = asyncio.Event()
        send = connection.send

        async def send_and_tell(message):
            await send(message)
            started.set()

        connection.send = send_and_tell
        self.speaking = asyncio.create_task(speak(connection, send, started))
        return connection

    async def __aexit__(self, *exception):
        await self.speaking
        await super().__aexit__(*exception)


async def speak(connection, send, started):
    await started.wait()
    await (await connection.ping())
    said = pathlib.Path("said.wav").read_bytes()
    for at in range(0, len(said), 3200):
        data = base64.b64encode(said[at : at + 3200]).decode()
        await send(json.dumps({"type": "audio_chunk", "audio_data": data}))
    await replied.wait()
    await connection.close()


def watched(line):
    print(line)
    if line.startswith("AI: "):
        replied.set()


websockets.connect = Connect
example = pathlib.Path("example.py").read_text(encoding="utf-8")
exec(compile(example, "example.py", "exec"), {"__name__": "__main__", "print": watched})
