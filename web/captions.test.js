import assert from "node:assert/strict";
import test from "node:test";

import { Captions } from "./captions.js";

const shown = ({ lines }) => lines.map(({ role, text, final }) => `${role}${final ? "" : "~"}: ${text}`);

test("partial transcripts grow one line and the final one fixes it", () => {
  const captions = new Captions();
  captions.handle({ type: "transcript", id: "m1", text: "une", is_final: false });
  captions.handle({ type: "transcript", id: "m1", text: "une table", is_final: false });
  assert.deepEqual(shown(captions), ["learner~: une table"]);
  captions.handle({ type: "transcript", id: "m1", text: "Une table pour deux.", is_final: true });
  captions.handle({ type: "transcript", id: "m1", text: "une table pour", is_final: false });
  assert.deepEqual(shown(captions), ["learner: Une table pour deux."]);
});

test("a turn in which nothing was understood leaves no line", () => {
  const captions = new Captions();
  captions.handle({ type: "transcript", id: "m1", text: "hm", is_final: false });
  captions.handle({ type: "transcript", id: "m1", text: "", is_final: true });
  captions.handle({ type: "transcript", id: "m2", text: " ", is_final: true });
  assert.deepEqual(shown(captions), []);
});

test("an interrupted reply keeps what was heard, and no translation of the rest", () => {
  const captions = new Captions();
  captions.handle({
    type: "ai_response",
    id: "m1",
    text: "Bonsoir ! Combien ?",
    translation: "Good evening! How many?",
    translation_language: "en",
    new_vocabulary: ["combien"],
  });
  const [{ translation: whole, insights: learnt }] = captions.lines;
  assert.deepEqual(whole, { text: "Good evening! How many?", tag: "en" });
  assert.deepEqual(learnt, { words: [{ word: "combien", meaning: "" }], grammar: [], notes: [] });
  captions.handle({ type: "ai_response", id: "m1", text: "Bonsoir !", interrupted: true });
  const [{ text, interrupted, translation, insights }] = captions.lines;
  assert.deepEqual(
    { text, interrupted, translation, insights },
    { text: "Bonsoir !", interrupted: true, translation: null, insights: null },
  );
});

test("a reply that grows keeps its translation and what there is to learn from it", () => {
  const captions = new Captions();
  const more = {
    translation: "This way.",
    new_vocabulary: ["ici", "par"],
    glossary: [{ word: "ici", meaning: "aquí", meaning_language: "es" }],
    grammar_patterns: ["par + place"],
    cultural_notes: ["One waits to be seated."],
  };
  captions.handle({ type: "ai_response", id: "m1", text: "Par ici." });
  assert.equal(captions.lines[0].insights, null);
  captions.handle({ type: "ai_response", id: "m1", text: "Par ici.", ...more });
  captions.handle({ type: "ai_response", id: "m1", text: "Par ici. Voilà." });
  const [{ translation, insights }] = captions.lines;
  // Which language it is in is not known: nobody says that it is English.
  assert.deepEqual(translation, { text: "This way.", tag: "" });
  assert.deepEqual(insights, {
    words: [
      { word: "ici", meaning: "aquí", tag: "es" },
      { word: "par", meaning: "" },
    ],
    grammar: ["par + place"],
    notes: ["One waits to be seated."],
  });
});

test("an answer is translated once it is understood, and a free one never", () => {
  const captions = new Captions();
  captions.handle({ type: "transcript", id: "m1", text: "L'addition", is_final: true });
  captions.handle({ type: "transcript", id: "m2", text: "Il pleut", is_final: true });
  const event = { type: "translation", id: "m1", text: "L'addition", translation: "The bill" };
  captions.handle({ ...event, translation_language: "en" });
  assert.deepEqual(
    captions.lines.map(({ translation }) => translation),
    [{ text: "The bill", tag: "en" }, null],
  );
});

test("a page that was loaded again has the history, and what was learnt before", () => {
  const captions = new Captions();
  const learnt = { words: [{ word: "carte", meaning: "menu" }], grammar: [], notes: [] };
  captions.catchUp(
    [
      { id: "m1", sender: "ai", content: "La carte ?", translation: "The menu?", translation_language: "en" },
      { id: "m2", sender: "user", content: "Oui" },
      { id: "m3", sender: "system", content: "a note" },
    ],
    { m1: learnt },
  );
  assert.deepEqual(shown(captions), ["agent: La carte ?", "learner: Oui"]);
  const [reply, answer] = captions.lines;
  assert.deepEqual([reply.translation, reply.insights], [{ text: "The menu?", tag: "en" }, learnt]);
  assert.deepEqual([answer.translation, answer.insights], [null, null]);
});

test("what was typed is shown at once and not doubled by its transcript", () => {
  const captions = new Captions();
  captions.typed("Une table, s'il vous plaît");
  assert.deepEqual(shown(captions), ["learner~: Une table, s'il vous plaît"]);
  captions.handle({ type: "transcript", id: "m1", text: "une table s'il vous plaît.", is_final: true });
  assert.deepEqual(shown(captions), ["learner: une table s'il vous plaît."]);
  assert.equal(captions.lines[0].id, "m1");
});

test("what was typed stands when the reply comes without a transcript", () => {
  const captions = new Captions();
  captions.typed("Bonjour");
  captions.handle({ type: "ai_response", id: "m2", text: "Bonsoir !" });
  assert.deepEqual(shown(captions), ["learner: Bonjour", "agent: Bonsoir !"]);
});

test("the history fills in what was missed, in its place, and doubles nothing", () => {
  const captions = new Captions();
  captions.handle({ type: "ai_response", id: "m1", text: "Bonsoir !" });
  captions.typed("Une table");
  captions.typed("Merci");
  captions.catchUp([
    { id: "m1", sender: "ai", content: "Bonsoir !" },
    { id: "m2", sender: "user", content: "Une table" },
    { id: "m3", sender: "ai", content: "Par ici.", translation: "This way." },
  ]);
  assert.deepEqual(shown(captions), ["agent: Bonsoir !", "learner: Une table", "agent: Par ici.", "learner~: Merci"]);
});

test("a reply that was cut while the line was down is cut by the history", () => {
  const captions = new Captions();
  captions.handle({ type: "ai_response", id: "m1", text: "Bonsoir ! Combien ?" });
  captions.catchUp([{ id: "m1", sender: "ai", content: "Bonsoir !", interrupted: true }]);
  const [{ text, interrupted }] = captions.lines;
  assert.deepEqual({ text, interrupted }, { text: "Bonsoir !", interrupted: true });
});

test("a reply of which no word was heard leaves no line, and may be begun anew", () => {
  const captions = new Captions();
  captions.handle({ type: "ai_response", id: "m1", text: "Bonsoir !" });
  captions.handle({ type: "ai_response", id: "m1", text: "", interrupted: true });
  assert.deepEqual(shown(captions), []);
  captions.handle({ type: "ai_response", id: "m1", text: "Combien ?" });
  assert.deepEqual(shown(captions), ["agent: Combien ?"]);
});

test("every change is told, with the line that it is about", () => {
  const told = [];
  const captions = new Captions(({ text }, change) => told.push([change, text]));
  captions.handle({ type: "transcript", id: "m1", text: "une", is_final: false });
  captions.handle({ type: "analysis", id: "m1", errors: [{ word: "une", suggestion: "…" }, { word: "x" }] });
  captions.handle({ type: "state", state: "thinking" });
  captions.clear();
  assert.deepEqual(told, [
    ["added", "une"],
    ["changed", "une"],
    ["removed", "une"],
  ]);
});

test("what a reply says in the right form stands with the learner's words, before what else was found", () => {
  const captions = new Captions();
  captions.handle({ type: "transcript", id: "m1", text: "un table pour deux" });
  const correction = { message_id: "m1", wrong: "un", right: "une", explanation: "“table” is feminine." };
  captions.handle({ type: "ai_response", id: "m2", text: "Ah, « une table » !", correction });
  const errors = [
    { type: "grammar", word: "pour", suggestion: "de", explanation: "So it is." },
    { type: "pronunciation", word: "deux", suggestion: "Round your lips." },
  ];
  captions.handle({ type: "analysis", id: "m1", errors });
  const [line] = captions.lines;
  assert.deepEqual(line.recast, { word: "un", right: "une", advice: "“table” is feminine." });
  assert.deepEqual(line.corrections, [
    { word: "pour", right: "de", advice: "So it is." },
    { word: "deux", right: "", advice: "Round your lips." },
  ]);
});
