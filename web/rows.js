// Rows of a menu: what, dots, how much.

import { element } from "./element.js";
import { NOT_MEASURED } from "./figures.js";

/** One row; what was not measured looks so. */
export function leader(what, amount) {
  const value = element("b", { class: amount === NOT_MEASURED ? "missing" : null }, amount);
  return element("li", {}, element("span", {}, what), element("i"), value);
}

/** Fills a `<select>` with languages, after a first option for none in particular, if `any` names it. */
export function fillLanguages(select, languages, any = null) {
  select.replaceChildren(
    ...(any ? [new Option(any, "")] : []),
    ...languages.map(({ name, label }) => new Option(label, name)),
  );
}
