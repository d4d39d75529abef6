// What can be done in each language, as the server tells (`GET /v1/content/languages`), in words. No DOM.

import { LANGUAGES, displayName, tagOf } from "./languages.js";

/** All languages, for as long as nothing is known about them: `{id}`. */
export const UNKNOWN = LANGUAGES.map(({ name }) => ({ id: name }));

/** `[{title, offers}]`: languages with scenes to play, and those in which there is free conversation only. */
export function groups(offers) {
  const isFree = ({ scenarios }) => scenarios === 0;
  return [
    { title: "Scenes and free conversation", offers: offers.filter((offer) => !isFree(offer)) },
    { title: "Free conversation", offers: offers.filter(isFree) },
  ].filter((group) => group.offers.length > 0);
}

/** The name of a language in the menu, with what one has to do without. */
export function label({ id, name, voice, recognition }) {
  const isMute = voice === false;
  const without = recognition === null ? (isMute ? "in writing" : "you type") : isMute ? "no voice" : "";
  return (name ?? displayName(id)) + (without && ` · ${without}`);
}

/** Whether one has to type, since nobody would understand what is said. */
export function isTyped(offer) {
  return offer?.recognition === null;
}

/** What to know before a conversation in `offer` for who speaks `native`, also an offer: sentences, or nothing. */
export function advice(offer, native) {
  const name = offer.name ?? displayName(offer.id);
  const sentences = [];
  if (offer.scenarios === 0) sentences.push(`There are no scenes in ${name} yet: it is free conversation.`);
  if (offer.voice === false && isTyped(offer)) sentences.push("It is held in writing.");
  else if (offer.voice === false) sentences.push("The tutor has no voice in it and writes.");
  else if (isTyped(offer)) sentences.push("The tutor speaks; your part is typed.");
  return [...sentences, translations(offer, native)].filter(Boolean).join(" ");
}

/** Which translations there will be; nothing to say where they come as anybody expects. */
function translations(offer, native) {
  const name = displayName(native.id);
  if (offer.id === native.id) return "There are no translations into the language that you practise.";
  // Not told, or English for an English speaker.
  if (native.translated_into === undefined || native.translated_into === tagOf(native.id)) return "";
  if (native.translated_into === null) return `Translations are in ${name} where there are any, and else in English.`;
  const into = LANGUAGES.find(({ tag }) => tag === native.translated_into)?.name;
  if (!into) return "";
  if (into === offer.id) return `There are no translations into ${name} yet.`;
  return `Translations are in ${displayName(into)}; there are none into ${name} yet.`;
}
