// Keeps a phone's screen on during a conversation: a phone that sleeps cuts the microphone.

let wanted = false;
let lock = null;

/** Keeps the screen on, where the browser lets us; a hidden page loses the lock and asks again when it is back. */
export async function keepAwake() {
  wanted = true;
  lock = await navigator.wakeLock?.request("screen").catch(() => null);
  if (!wanted) letSleep();
}

/** Lets the screen go off again. */
export function letSleep() {
  wanted = false;
  lock?.release().catch(() => {});
  lock = null;
}

document.addEventListener("visibilitychange", () => {
  if (wanted && document.visibilityState === "visible") keepAwake();
});
