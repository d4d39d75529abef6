// Runs the retrying function of document 000 against the server's own limits.
import { readFile } from 'node:fs/promises';
import { runInThisContext } from 'node:vm';

runInThisContext(await readFile('example.js', 'utf8'), { filename: 'example.js' });

// How often the server was asked, and the first status that it gave.
async function watch(path, maxRetries) {
  const seen = { statuses: [] };
  try {
    const answer = await globalThis.apiCallWithRetry(async () => {
      const headers = { Authorization: `Bearer ${process.env.TOKEN}` };
      const response = await fetch(process.env.BASE + path, { headers });
      seen.statuses.push(response.status);
      const body = await response.json();
      if (!response.ok) throw Object.assign(new Error(body.error.message), { status: response.status, body });
      return body;
    }, maxRetries);
    seen.answer = answer;
  } catch (error) {
    seen.thrown = error.body;
  }
  return seen;
}

async function exhaust(path) {
  for (let asked = 0; asked < 200; asked += 1) {
    if ((await watch(path, 1)).statuses[0] === 429) return;
  }
  throw new Error('there is no limit');
}

const topics = '/v1/content/topics?language=french';
await exhaust(topics);
console.log(JSON.stringify(await watch(topics)));
await exhaust(topics);
console.log(JSON.stringify(await watch(topics, 1)));
console.log(JSON.stringify(await watch('/v1/conversations/conv_unknown/messages')));
