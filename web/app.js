// Wires the page: what is pressed becomes calls, what comes back becomes state, and the views draw the state.

import { Api } from "./api.js";
import { Bookmark } from "./bookmark.js";
import { Bubbles } from "./bubbles.js";
import { Call } from "./call.js";
import { Captions } from "./captions.js";
import { Ear } from "./ear.js";
import { apiOrigin, environment, trace } from "./environment.js";
import { wireHold } from "./hold.js";
import { tagOf } from "./languages.js";
import { Menu } from "./menu.js";
import { drawNav } from "./nav.js";
import * as notices from "./notices.js";
import { drawPage, page } from "./page.js";
import { ApiError } from "./refusal.js";
import { Session } from "./session.js";
import { Sound } from "./sound.js";
import { Stage, hintsOf } from "./stage.js";
import { Store, initial } from "./state.js";
import { storageOf } from "./storage.js";
import { keepAwake, letSleep } from "./wakelock.js";
import { Whip } from "./whip.js";
import { wordsOf } from "./words.js";

/** How long the last words may still play before the bill comes, in ms. */
const LAST_WORDS = 20_000;

const storage = storageOf("localStorage");
const bookmark = new Bookmark(storageOf("sessionStorage"));
const session = new Session();
const settings = environment();
const api = new Api(storage, { session, origin: settings.then(apiOrigin) });
const store = new Store();
const call = new Call(new Whip(api));
const captions = new Captions((line, change) => {
  bubbles.draw(line, change, captions.lines[captions.lines.indexOf(line) + 1]);
});
const bubbles = new Bubbles(page.captions, page.announcer, sayAgain);
const stage = new Stage(page, say, begin);
const sound = new Sound(page.voice, page.dial, tellDeadMicrophone);
const ear = new Ear(store, call, sound);
const menu = new Menu(page.menuForm, storage, api);

/** A conversation that was made and not joined yet: {key, promise}. */
let prepared = null;
/** Counts starts, so that what belonged to an earlier one is dropped. */
let attempt = 0;
let lastWords = null;
/** Ids of what was heard in this call: it can be said again in it. */
const heardHere = new Set();
/** The id of the line that was last asked for again. */
let askedAgain = null;

// For whole-program tests: `colloquy.call.pc.getStats()`.
window.colloquy = { call };

store.watch(drawPage);
store.watch((state, before) => stage.draw(state, before));
settings.then(({ debug }) => debug && trace(store));
drawNav(session);
menu.load();
lookBack();

// ---- starting ----

page.menuForm.addEventListener("submit", (event) => {
  event.preventDefault();
  start(true);
});
page.typeOnly.addEventListener("click", () => start(false));
page.menuForm.addEventListener("topicsfailed", ({ detail }) => {
  store.update({ notice: notices.noMenu(detail, reload) });
});

function reload() {
  store.update({ notice: null });
  menu.load();
}

/** Starts what the menu says, or goes on where `left`, the bookmark's place, says. */
async function start(withMicrophone, left = null) {
  const { state } = store;
  const choice = left?.choice ?? menu.choice();
  // Whoever tires of the browser's question may still type.
  if (!choice || (state.busy && !(state.busy === "permission" && !withMicrophone))) return;
  if (!globalThis.RTCPeerConnection) {
    store.update({ notice: notices.noWebRtc() });
    return;
  }
  const mine = ++attempt;
  sound.wake();
  const conversation = left ? takeUp(left) : prepare(choice);
  // Whoever waits for the microphone first must not miss a failure here.
  conversation.catch(() => {});
  const isSpoken = withMicrophone && !choice.typed;
  store.update({ busy: isSpoken ? "permission" : "joining", notice: null });
  if (isSpoken) {
    try {
      if (!(await ear.open(() => mine === attempt))) return;
    } catch (error) {
      if (mine !== attempt) return;
      sound.stop();
      const actions = [
        { label: "Try again", act: () => start(true, left) },
        { label: "Type instead", act: () => start(false, left) },
      ];
      store.update({ busy: null, notice: notices.noMicrophone(error, actions) });
      return;
    }
  }
  captions.clear();
  store.update({ busy: "joining", microphone: ear.track ? "on" : "none" });
  try {
    const made = await conversation;
    if (mine !== attempt) return;
    prepared = null;
    const tutor = made.ai_persona?.name;
    heardHere.clear();
    bubbles.begin({
      language: tagOf(choice.language),
      native: tagOf(choice.native),
      tutor,
      isVoiced: !choice.written,
    });
    captions.catchUp(made.messages ?? [], left?.insights);
    store.update({
      phase: "live",
      busy: null,
      activity: "connecting",
      conversation: made,
      choice: { ...choice, tag: tagOf(choice.language) },
      latencies: [],
      words: [],
      hints: [],
    });
    ear.listen();
    keepAwake();
    await call.join(made.id, ear.track);
    bookmark.keep({ id: made.id, tutor, choice, spoken: Boolean(ear.track), correction: made.correction });
  } catch (error) {
    if (mine !== attempt) return;
    prepared = null;
    if (left && error.temporary === false) bookmark.forget();
    hangUp();
    store.update({ ...atMenu(), notice: notices.notStarted(error) });
  }
}

/** Makes the conversation while the browser still asks for the microphone; one that was never joined is used again. */
function prepare({ topic, language, difficulty, native, correction }) {
  const request = { topic, language, difficulty, custom_context: { native_language: native } };
  // Without it the server goes by the profile, then by the level.
  if (correction) request.correction = correction;
  const key = JSON.stringify(request);
  if (prepared?.key !== key) prepared = { key, promise: api.createConversation(request) };
  const { promise } = prepared;
  promise.catch(() => {
    if (prepared?.promise === promise) prepared = null;
  });
  return promise;
}

/** Looks whether this tab left a conversation that is still open, and offers it. */
async function lookBack() {
  const left = bookmark.place;
  if (!left) return;
  try {
    await takeUp(left);
    if (store.state.phase === "menu") store.update({ left });
  } catch (error) {
    if (error.temporary === false) bookmark.forget();
  }
}

/** A conversation that was left, as it was made and with what was said; an `ApiError` where it is over. */
async function takeUp({ id, tutor, correction }) {
  const { status, messages } = await api.messages(id);
  if (status !== "active") throw new ApiError(410, "CONVERSATION_EXPIRED", "The conversation has ended.");
  return { id, messages, correction, ai_persona: { name: tutor } };
}

function goOn() {
  const { left } = store.state;
  start(left.spoken, left);
}

function leave() {
  bookmark.forget();
  store.update({ left: null });
  page.talk.focus();
}

page.resumeGo.addEventListener("click", goOn);
page.resumeLeave.addEventListener("click", leave);

// ---- the microphone ----

function tellDeadMicrophone(isDead) {
  const { microphone, phase, notice } = store.state;
  if (!isDead && notice?.silent) hideNotice();
  if (isDead && microphone === "on" && phase === "live") {
    store.update({ notice: notices.microphoneDead(hideNotice) });
  }
}

page.mute.addEventListener("click", () => ear.toggle());
page.deviceSelect.addEventListener("change", ({ target }) => ear.use(target.value));

// ---- while it lasts ----

call.addEventListener("status", ({ detail }) => {
  if (detail === "reconnecting") store.update({ activity: "reconnecting" });
  if (detail === "connected" && ["connecting", "reconnecting"].includes(store.state.activity))
    store.update({ activity: "listening", notice: store.state.notice?.passing ? null : store.state.notice });
});
call.addEventListener("stream", ({ detail }) => {
  sound.play(detail).catch((error) => {
    if (error.name !== "NotAllowedError") return;
    const act = () => sound.play(detail).then(hideNotice);
    store.update({ notice: notices.soundHeld(act) });
  });
});
call.addEventListener("open", async () => {
  if (store.state.hold) call.send({ type: "hold", on: true });
  // After a new connection: what was said in between stands in the history.
  if (captions.lines.length === 0) return;
  const { messages = [] } = await api.messages(store.state.conversation.id).catch(() => ({}));
  captions.catchUp(messages, bookmark.place?.insights);
});
call.addEventListener("message", ({ detail: event }) => {
  // Whoever wants to be corrected afterwards, or not at all, isn't while they speak.
  if (event.type !== "analysis" || store.state.conversation.correction === "inline") captions.handle(event);
  if (event.type === "ai_response") {
    heardHere.add(event.id);
    bookmark.learn(captions.lines);
  }
  if (event.type === "state") followState(event.state);
  else if (event.type === "hint") store.update({ hints: hintsOf(event) });
  else if (event.type === "latency") store.update({ latencies: [...store.state.latencies, event].slice(-100) });
  else if (event.type === "error") tell(event);
  else if (event.type === "summary") settle(event);
  // A suggestion is for one turn.
  if ((event.type === "transcript" && event.is_final) || (event.type === "ai_response" && !event.interrupted))
    store.update({ hints: [] });
});
call.addEventListener("lost", ({ detail: error }) => {
  if (error?.status === 410) {
    end();
    return;
  }
  store.update({ activity: "ended", notice: notices.connectionLost(error, rejoin, end) });
});
addEventListener("online", () => call.networkChanged());

function tell(event) {
  if (event.code === "UNKNOWN_MESSAGE") {
    heardHere.delete(askedAgain);
    playAgain(askedAgain);
    return;
  }
  // The menu has said so already.
  if (event.code === "SPEECH_FAILED" && store.state.choice.written) return;
  const notice =
    event.code === "SHUTTING_DOWN" ? notices.serverStops() : notices.tutorError(event, hideNotice);
  store.update({ notice });
}

function followState(activity) {
  if (!["listening", "thinking", "speaking"].includes(activity)) return;
  store.update({ activity });
  if (activity !== "speaking" && store.state.summary) showSummary();
}

async function rejoin() {
  store.update({ activity: "connecting", notice: null });
  try {
    await call.join(store.state.conversation.id, ear.track);
  } catch (error) {
    call.dispatchEvent(new CustomEvent("lost", { detail: error }));
  }
}

function say(text) {
  captions.typed(text);
  call.send({ type: "text", content: text });
  setHold(false);
  store.update({ hints: [] });
}

/** Has a line of the tutor's said again, slowly: in the call, or from a file where the call doesn't know it. */
function sayAgain({ id }) {
  askedAgain = id;
  if (store.state.phase === "live" && heardHere.has(id)) call.send({ type: "repeat", id, pace: "slow" });
  else playAgain(id);
}

async function playAgain(id) {
  const { conversation } = store.state;
  try {
    const file = await api.request(`/audio/${conversation.id}/${id}.mp3?pace=slow`);
    const url = URL.createObjectURL(await file.blob());
    const audio = new Audio(url);
    audio.addEventListener("ended", () => URL.revokeObjectURL(url));
    await audio.play();
  } catch (error) {
    store.update({ notice: notices.notHeardAgain(error, hideNotice) });
  }
}

/** Begins an answer for the learner to go on with. */
function begin(text) {
  page.type.value = `${text} `;
  page.type.focus();
  setHold(true);
}

page.hint.addEventListener("click", () => call.send({ type: "hint" }));

page.typeForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = page.type.value.trim();
  if (!text) return;
  page.type.value = "";
  say(text);
});

// Whoever types is waited for.
page.type.addEventListener("input", () => setHold(page.type.value.trim() !== ""));

function interrupt() {
  if (["speaking", "thinking"].includes(store.state.activity)) call.send({ type: "interrupt" });
}
page.interrupt.addEventListener("click", interrupt);
addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && store.state.phase === "live") interrupt();
});

function setHold(on) {
  if (on === store.state.hold || store.state.phase !== "live") return;
  store.update({ hold: on });
  call.send({ type: "hold", on });
}
wireHold(page.hold, () => store.state.hold, setHold);

// ---- ending ----

page.end.addEventListener("click", end);
page.again.addEventListener("click", () => {
  captions.clear();
  store.update(atMenu());
  page.talk.focus();
});

/** Ends the conversation by the learner's wish, and shows the summary that the server makes of it. */
async function end() {
  const { conversation } = store.state;
  // The summary may come as an event or as the answer, whichever is first.
  call.expectEnd();
  store.update({ phase: "summary", activity: "ended", notice: null, words: wordsOf(captions.lines) });
  page.summaryTitle.focus();
  try {
    store.update({ summary: await api.end(conversation.id) });
    nameAchievements();
    bookmark.forget();
  } catch (error) {
    if (!store.state.summary) {
      store.update({ notice: notices.noSummary(error, end) });
    }
  }
  hangUp();
}

/** The server ended the conversation: its last words are heard out first. */
function settle(event) {
  call.expectEnd();
  bookmark.forget();
  store.update({ summary: event });
  nameAchievements();
  if (store.state.phase !== "live") return;
  clearTimeout(lastWords);
  if (store.state.activity === "speaking") lastWords = setTimeout(showSummary, LAST_WORDS);
  else showSummary();
}

/** Asks what the achievements of the summary are called, which tells their ids only. */
async function nameAchievements() {
  const { summary } = store.state;
  if (((summary?.summary ?? summary)?.achievements ?? []).length === 0) return;
  try {
    const { achievements = [] } = await api.read("/v1/users/me/achievements");
    store.update({ medals: Object.fromEntries(achievements.map(({ id, name }) => [id, name])) });
  } catch {
    // Their ids are words, too.
  }
}

function showSummary() {
  clearTimeout(lastWords);
  if (store.state.phase !== "live") return;
  hangUp();
  store.update({ phase: "summary", activity: "ended", notice: null, words: wordsOf(captions.lines) });
  page.summaryTitle.focus();
}

function hangUp() {
  attempt += 1;
  clearTimeout(lastWords);
  call.leave();
  ear.close();
  sound.stop();
  letSleep();
  store.update({ hold: false, hints: [] });
}

function atMenu() {
  const { devices, device } = store.state;
  return { ...initial, devices, device, left: bookmark.place };
}

addEventListener("pagehide", () => call.leave());
addEventListener("pageshow", ({ persisted }) => {
  // The page came back from the browser's memory without its connection.
  if (persisted && store.state.phase === "live") rejoin();
});

function hideNotice() {
  // The button that was pressed goes away with the notice: the focus needs a place.
  if (page.liveNotice.contains(document.activeElement)) page.liveTitle.focus();
  store.update({ notice: null });
}
