// Where the page keeps values: in the browser's storage, or for as long as the page lives where that is not allowed.

/** `localStorage` or `sessionStorage` by its name. */
export function storageOf(name) {
  try {
    globalThis[name].getItem("colloquy");
    return globalThis[name];
  } catch {
    return new PageStorage();
  }
}

/** Keeps values for as long as the page lives. */
class PageStorage {
  #values = new Map();
  getItem(key) {
    return this.#values.get(key) ?? null;
  }
  setItem(key, value) {
    this.#values.set(key, String(value));
  }
  removeItem(key) {
    this.#values.delete(key);
  }
}
