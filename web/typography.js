// How text is set for the eye, where the words themselves stay as they are.

const NARROW = "\u202f";
const NO_BREAK = "\u00a0";

/**
 * French puts a space before ? ! ; : » and after «, at which a line must never break: a narrow one before ? ! ; and a whole one
 * elsewhere (Imprimerie nationale). Only spaces that are there are replaced. Other languages stay as they are.
 */
export function typeset(text, tag) {
  if (tag !== "fr") return text;
  return text
    .replace(/\s+([?!;])/g, `${NARROW}$1`)
    .replace(/\s+([:»])/g, `${NO_BREAK}$1`)
    .replace(/«\s+/g, `«${NO_BREAK}`);
}
