// The microphone: opening it, listing what there is, and saying in plain words why it can't be had.

const PROCESSING = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Opens a microphone, the given one or the browser's choice. Throws what `explain` explains. */
export async function openMicrophone(deviceId) {
  if (!globalThis.isSecureContext || !navigator.mediaDevices) throw new DOMException("", "SecurityError");
  const stream = (audio) => navigator.mediaDevices.getUserMedia({ audio });
  if (!deviceId) return stream(PROCESSING);
  try {
    return await stream({ ...PROCESSING, deviceId: { exact: deviceId } });
  } catch (error) {
    // The chosen one was unplugged since: any other will do.
    if (error.name !== "OverconstrainedError" && error.name !== "NotFoundError") throw error;
    return stream(PROCESSING);
  }
}

/** The microphones that the browser names; none before permission was given. */
export async function microphones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => null)) ?? [];
  return devices
    .filter(({ kind, deviceId }) => kind === "audioinput" && deviceId)
    .map(({ deviceId, label }, index) => ({ deviceId, label: label || `Microphone ${index + 1}` }));
}

/** `{title, text}` for an error of `openMicrophone`. */
export function explain(error) {
  switch (error?.name) {
    case "NotAllowedError":
      return {
        title: "The microphone is not allowed",
        text: "Your browser keeps the microphone from this page. Press the lock or microphone sign beside the address, allow the microphone, and try again.",
      };
    case "NotFoundError":
    case "OverconstrainedError":
      return {
        title: "No microphone found",
        text: "There seems to be no microphone on this device. Plug one in, or check that it is switched on, and try again.",
      };
    case "NotReadableError":
    case "AbortError":
      return {
        title: "The microphone is busy",
        text: "Another program may be using it, or the system doesn't let it be used. Close other calls and recordings, and try again.",
      };
    case "SecurityError":
      return {
        title: "The microphone needs a secure page",
        text: "Browsers give the microphone only to pages that were opened over https, or on this same machine as localhost.",
      };
    default:
      return {
        title: "The microphone could not be opened",
        text: "Check that it is plugged in and that the browser may use it, and try again.",
      };
  }
}
