// What the operator set for pages (document 004's variables). No DOM.

/** What `NEXT_PUBLIC_API_URL` is unless it is set: then the API is where the page came from. */
const HERE = "http://localhost:8000";

/** `{api_url, ws_url, sample_rate, debug}` as the server tells them; nothing where it can't be asked. */
export async function environment(fetch = (path) => globalThis.fetch(path)) {
  try {
    const response = await fetch("/config.json");
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}

/** Where the API is; empty for where the page came from. */
export function apiOrigin({ api_url = HERE }) {
  return api_url === HERE ? "" : api_url.replace(/\/+$/, "");
}

/** Tells the console which parts of the state change. */
export function trace(store, log = console.debug) {
  store.watch((state, before) => {
    const changed = Object.keys(state).filter((key) => state[key] !== before[key]);
    if (changed.length > 0) log("colloquy", Object.fromEntries(changed.map((key) => [key, state[key]])));
  });
}
