// Runs the JavaScript example of document 004 as a page would, speaks through its function, and ends when a reply was played.
import './page.mjs';
import { readFile } from 'node:fs/promises';
import { runInThisContext } from 'node:vm';

const played = new Promise((resolve) => {
  globalThis.playAudio = resolve;
});
runInThisContext(await readFile('example.js', 'utf8'), { filename: 'example.js' });

const ws = runInThisContext('ws');
const received = [];
const next = (type) =>
  new Promise((resolve) => {
    ws.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === type) resolve(message);
    });
  });
ws.addEventListener('message', ({ data }) => received.push(JSON.parse(data).type));

await next('conversation_started');
const said = await readFile('said.wav');
for (let at = 0; at < said.length; at += 3200) {
  globalThis.sendAudioChunk(said.subarray(at, at + 3200).toString('base64'));
}
const reply = Buffer.from(await played, 'base64');

const ended = next('conversation_ended');
ws.send(JSON.stringify({ type: 'end_conversation' }));
await ended;
ws.close();
const view = new DataView(reply.buffer, reply.byteOffset);
console.log(
  JSON.stringify({
    received,
    riff: reply.subarray(0, 4).toString(),
    channels: view.getUint16(22, true),
    rate: view.getUint32(24, true),
    bits: view.getUint16(34, true),
    bytes: reply.length,
  }),
);
