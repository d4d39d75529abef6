// A secret that is shown this once.

import { element } from "./element.js";
import { drawNotice } from "./notice.js";

/** Shows `value` in `box` until it is put away; `{title, text}` say what it is. */
export function showOnce(box, { title, text, value, testid }) {
  const shown = element("input", { readonly: true, value, "aria-label": title, "data-testid": testid, spellcheck: "false" });
  const said = element("p", { class: "said", role: "status" });
  const copy = async () => {
    shown.select();
    try {
      await navigator.clipboard.writeText(value);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "Your browser doesn't allow it here: the text is selected, copy it by hand.";
    }
  };
  box.className = "notice secret";
  drawNotice(box, {
    title,
    text,
    actions: [
      { label: "Copy", act: copy },
      { label: "I have kept it", act: () => drawNotice(box, null) },
    ],
  });
  box.querySelector(".actions").before(shown);
  box.append(said);
  shown.focus();
  shown.select();
}
