// "Let me think": kept down with a finger or the mouse it lasts as long as that; a short press, or the keyboard, switches it.

/** A press shorter than this switches instead of holding, in ms. */
const SHORT_PRESS = 350;

/** Wires `button`; `isOn()` tells whether it holds now, `set(on)` changes it. */
export function wireHold(button, isOn, set) {
  let pressed = null;
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    pressed = { at: event.timeStamp, wasOn: isOn() };
    set(true);
  });
  const release = (event) => {
    if (!pressed) return;
    const long = event.timeStamp - pressed.at >= SHORT_PRESS;
    if (long || pressed.wasOn || event.type === "pointercancel") set(false);
    pressed = null;
  };
  button.addEventListener("pointerup", release);
  button.addEventListener("pointercancel", release);
  // Clicks of a pointer are done already; those without one come from a keyboard or an assistive device.
  button.addEventListener("click", ({ detail }) => {
    if (detail === 0) set(!isOn());
  });
  // A long press on a phone must not open a menu instead.
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}
