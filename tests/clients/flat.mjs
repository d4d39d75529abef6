// Runs the three examples of document 003 as modules, one after the other. Around them: fetch resolves paths against the server
// as it does in a page, sessionId is what the first example was given, and the id that it was given stands where the others have
// a placeholder.
import { readFile, writeFile } from 'node:fs/promises';

const answers = [];
const { fetch } = globalThis;
globalThis.fetch = async (path, options) => {
  const response = await fetch(new URL(path, process.env.BASE), options);
  answers.push({ status: response.status, body: await response.clone().json() });
  return response;
};
console.error = console.log;

await import('./start.mjs');
await import('./add.mjs');
const { conversation, sessionId } = answers[0].body.data;
globalThis.sessionId = sessionId;
for (const name of ['add', 'end']) {
  const example = await readFile(`${name}.mjs`, 'utf8');
  await writeFile(`${name}_to_it.mjs`, example.replaceAll('conversation-uuid', conversation.id));
  await import(`./${name}_to_it.mjs`);
}
console.log(JSON.stringify(answers));
