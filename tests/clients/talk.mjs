// The lines by which a script and its test talk, each one JSON.
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export function tell(value) {
  console.log(JSON.stringify(value));
}

export async function ask(value) {
  tell(value);
  const { value: line } = await lines.next();
  return JSON.parse(line);
}

// Without it, waiting for a next line would keep the script alive.
export function end() {
  process.stdin.destroy();
}
