// Draws what people are told.

import { element } from "./element.js";

/** Draws `{title, text, tone, actions: [{label, act} or {label, href}]}` into `box`; nothing hides it. */
export function drawNotice(box, notice) {
  box.hidden = !notice;
  if (!notice) {
    box.replaceChildren();
    return;
  }
  const { title, text, tone = "note", actions = [] } = notice;
  box.dataset.tone = tone;
  const buttons = actions.map(({ label, act, href }) =>
    href ? element("a", { href }, label) : element("button", { type: "button", onclick: act }, label),
  );
  box.replaceChildren(
    element("strong", {}, title),
    ...(text ? [element("p", {}, text)] : []),
    ...(buttons.length > 0 ? [element("div", { class: "actions" }, ...buttons)] : []),
  );
}
