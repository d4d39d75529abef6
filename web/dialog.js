// Asks before what can't be undone.

import { element } from "./element.js";

/**
 * Whether somebody goes on: `{title, text, action}` is what they are asked, `action` the button that does it. With
 * `expected: {label, value}`, they must type that value first.
 */
export function ask({ title, text, action, expected = null }) {
  const no = element("button", { type: "submit", value: "no", formnovalidate: true, class: "quiet", "data-testid": "dialog-no" }, "Cancel");
  const yes = element("button", { type: "submit", value: "yes", class: "quiet danger", "data-testid": "dialog-yes" }, action);
  const dialog = element(
    "dialog",
    { "aria-labelledby": "dialog-title", "data-testid": "dialog" },
    element(
      "form",
      { method: "dialog", autocomplete: "off" },
      element("h2", { id: "dialog-title" }, title),
      element("p", {}, text),
      expected && field(expected),
      // Enter in the field does what the first button of a form does.
      element("div", { class: "actions" }, expected ? yes : no, expected ? no : yes),
    ),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
  });
}

function field({ label, value }) {
  const input = element("input", { id: "dialog-expected", required: true, "data-testid": "dialog-expected" });
  input.addEventListener("input", () => input.setCustomValidity(input.value.trim() === value ? "" : `Please type ${value}`));
  return element("div", { class: "field" }, element("label", { for: "dialog-expected" }, label), input);
}
