// Wires the page: what is pressed becomes calls, what comes back becomes state, and the views draw the state.

import { Api, PageStorage } from "./api.js";
import { drawBill } from "./bill.js";
import { Bubbles } from "./bubbles.js";
import { Call } from "./call.js";
import { Captions } from "./captions.js";
import { wireHold } from "./hold.js";
import { displayName, tagOf } from "./languages.js";
import { drawLatency } from "./latency.js";
import { Menu } from "./menu.js";
import { explain, microphones, openMicrophone } from "./microphone.js";
import { Sound } from "./sound.js";
import { Stage, drawNotice, hintsOf } from "./stage.js";
import { Store, initial } from "./state.js";
import { keepAwake, letSleep } from "./wakelock.js";
import { Whip } from "./whip.js";

/** How long the last words may still play before the bill comes, in ms. */
const LAST_WORDS = 20_000;

const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [camel(element.id), element]));
const storage = pageStorage();
const api = new Api(storage);
const store = new Store();
const call = new Call(new Whip(api));
const captions = new Captions((line, change) => {
  bubbles.draw(line, change, captions.lines[captions.lines.indexOf(line) + 1]);
});
const bubbles = new Bubbles(page.captions, page.announcer, findTranslation);
const stage = new Stage(page, say);
const sound = new Sound(page.voice, page.dial, tellDeadMicrophone);
const menu = new Menu(page.menuForm, storage, (language, level) => api.topics(language, level));

/** The learner's microphone: a `MediaStream`, or null. */
let microphone = null;
/** A conversation that was made and not joined yet: {key, promise}. */
let prepared = null;
/** Counts starts, so that what belonged to an earlier one is dropped. */
let attempt = 0;
let lastWords = null;

// For whole-program tests: `colloquy.call.pc.getStats()`.
window.colloquy = { call };

store.watch(draw);
menu.load();

// ---- starting ----

page.menuForm.addEventListener("submit", (event) => {
  event.preventDefault();
  start(true);
});
page.typeOnly.addEventListener("click", () => start(false));
page.menuForm.addEventListener("topicsfailed", ({ detail }) => {
  store.update({ notice: { tone: "error", title: "The menu could not be fetched", text: detail.message, actions: [{ label: "Try again", act: reload }] } });
});

function reload() {
  store.update({ notice: null });
  menu.load();
}

async function start(withMicrophone) {
  const { state } = store;
  const choice = menu.choice();
  // Whoever tires of the browser's question may still type.
  if (!choice || (state.busy && !(state.busy === "permission" && !withMicrophone))) return;
  if (!globalThis.RTCPeerConnection) {
    store.update({
      notice: { tone: "error", title: "This browser can't hold a call", text: "It lacks WebRTC, or has it switched off. A current Chrome, Edge, Firefox or Safari will do." },
    });
    return;
  }
  const mine = ++attempt;
  sound.wake();
  const conversation = prepare(choice);
  // Whoever waits for the microphone first must not miss a failure here.
  conversation.catch(() => {});
  store.update({ busy: withMicrophone ? "permission" : "joining", notice: null });
  if (withMicrophone) {
    try {
      const opened = await openMicrophone(state.device);
      if (mine !== attempt) {
        stop(opened);
        return;
      }
      microphone = opened;
    } catch (error) {
      if (mine !== attempt) return;
      sound.stop();
      store.update({ busy: null, notice: microphoneNotice(error) });
      return;
    }
    watchMicrophone();
  }
  captions.clear();
  store.update({ busy: "joining", microphone: microphone ? "on" : "none" });
  try {
    const made = await conversation;
    if (mine !== attempt) return;
    prepared = null;
    bubbles.begin({ language: tagOf(choice.language), tutor: made.ai_persona?.name, translatable: choice.language !== choice.native });
    store.update({ phase: "live", busy: null, activity: "connecting", conversation: made, choice: { ...choice, tag: tagOf(choice.language) }, latencies: [], hints: [] });
    sound.listen(microphone);
    keepAwake();
    await call.join(made.id, microphone?.getAudioTracks()[0] ?? null);
  } catch (error) {
    if (mine !== attempt) return;
    prepared = null;
    hangUp();
    const wait = error.retryAfter ? ` Try again in ${error.retryAfter} seconds.` : "";
    store.update({ ...atMenu(), notice: { tone: "error", title: "The conversation could not start", text: error.message + wait } });
  }
}

/** Makes the conversation while the browser still asks for the microphone; one that was never joined is used again. */
function prepare({ topic, language, difficulty, native }) {
  const request = { topic, language, difficulty, custom_context: { native_language: native } };
  const key = JSON.stringify(request);
  if (prepared?.key !== key) prepared = { key, promise: api.createConversation(request) };
  const { promise } = prepared;
  promise.catch(() => {
    if (prepared?.promise === promise) prepared = null;
  });
  return promise;
}

// ---- the microphone ----

function microphoneNotice(error) {
  return { ...explain(error), tone: "error", actions: [{ label: "Try again", act: () => start(true) }, { label: "Type instead", act: () => start(false) }] };
}

async function watchMicrophone() {
  const [track] = microphone.getAudioTracks();
  const stream = microphone;
  track.onended = () => {
    if (microphone !== stream) return;
    silence();
    store.update({ notice: { tone: "note", title: "The microphone is gone", text: "It was unplugged or switched off. Choose it again, or go on by typing.", actions: [{ label: "Use the microphone", act: useMicrophone }] } });
  };
  store.update({ device: track.getSettings().deviceId ?? "", devices: await microphones() });
}

/** Opens a microphone during the call, the first or another one. */
async function useMicrophone(deviceId = store.state.device) {
  const before = microphone;
  try {
    const opened = await openMicrophone(typeof deviceId === "string" ? deviceId : "");
    if (store.state.phase !== "live") {
      stop(opened);
      return;
    }
    microphone = opened;
  } catch (error) {
    store.update({ notice: { ...explain(error), tone: "error" } });
    return;
  }
  stop(before);
  watchMicrophone();
  sound.wake();
  sound.listen(microphone);
  await call.useTrack(microphone.getAudioTracks()[0]);
  store.update({ microphone: "on", notice: null });
}

function silence() {
  stop(microphone);
  microphone = null;
  sound.listen(null);
  call.useTrack(null);
  store.update({ microphone: "none" });
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
}

function tellDeadMicrophone() {
  const { microphone: now, phase } = store.state;
  if (now !== "on" || phase !== "live") return;
  store.update({ notice: { tone: "note", title: "Your microphone gives no sound", text: "It may be muted by a switch or by the system. You can also choose another one, or type.", actions: [{ label: "Hide", act: hideNotice }] } });
}

page.mute.addEventListener("click", () => {
  if (!microphone) {
    useMicrophone();
    return;
  }
  const [track] = microphone.getAudioTracks();
  track.enabled = !track.enabled;
  store.update({ microphone: track.enabled ? "on" : "muted" });
});
page.deviceSelect.addEventListener("change", ({ target }) => useMicrophone(target.value));
navigator.mediaDevices?.addEventListener("devicechange", async () => {
  if (microphone) store.update({ devices: await microphones() });
});

// ---- while it lasts ----

call.addEventListener("status", ({ detail }) => {
  if (detail === "reconnecting") store.update({ activity: "reconnecting" });
  if (detail === "connected" && ["connecting", "reconnecting"].includes(store.state.activity)) store.update({ activity: "listening" });
});
call.addEventListener("stream", ({ detail }) => {
  sound.play(detail).catch((error) => {
    if (error.name !== "NotAllowedError") return;
    const act = () => sound.play(detail).then(hideNotice);
    store.update({ notice: { tone: "note", title: "The sound is held back", text: "Your browser wants one more press before it plays.", actions: [{ label: "Play the sound", act }] } });
  });
});
call.addEventListener("open", async () => {
  if (store.state.hold) call.send({ type: "hold", on: true });
  // After a new connection: what was said in between stands in the history.
  if (captions.lines.length === 0) return;
  const { messages = [] } = await api.messages(store.state.conversation.id).catch(() => ({}));
  captions.catchUp(messages);
});
call.addEventListener("message", ({ detail: event }) => {
  captions.handle(event);
  if (event.type === "state") followState(event.state);
  else if (event.type === "hint") store.update({ hints: hintsOf(event) });
  else if (event.type === "latency") store.update({ latencies: [...store.state.latencies, event].slice(-100) });
  else if (event.type === "error") store.update({ notice: { tone: "note", title: "The tutor reports a problem", text: event.message ?? event.code, actions: [{ label: "Hide", act: hideNotice }] } });
  else if (event.type === "summary") settle(event);
  // A suggestion is for one turn.
  if ((event.type === "transcript" && event.is_final) || (event.type === "ai_response" && !event.interrupted)) store.update({ hints: [] });
});
call.addEventListener("lost", ({ detail: error }) => {
  if (error?.status === 410) {
    end();
    return;
  }
  store.update({
    activity: "ended",
    notice: {
      tone: "error",
      title: "The connection is lost",
      text: error?.message ?? "The server could not be reached for a while.",
      actions: [{ label: "Reconnect", act: rejoin }, { label: "Finish here", act: end }],
    },
  });
});
addEventListener("online", () => call.networkChanged());

function followState(activity) {
  if (!["listening", "thinking", "speaking"].includes(activity)) return;
  store.update({ activity });
  if (activity !== "speaking" && store.state.summary) showSummary();
}

async function rejoin() {
  store.update({ activity: "connecting", notice: null });
  try {
    await call.join(store.state.conversation.id, microphone?.getAudioTracks()[0] ?? null);
  } catch (error) {
    call.dispatchEvent(new CustomEvent("lost", { detail: error }));
  }
}

async function findTranslation(line) {
  const { messages = [] } = await api.messages(store.state.conversation.id);
  const found = messages.find(({ id }) => id === line.id) ?? messages.findLast(({ content }) => content === line.text);
  if (found?.translation) captions.translate(line.key, found.translation);
  return found?.translation;
}

function say(text) {
  captions.typed(text);
  call.send({ type: "text", content: text });
  setHold(false);
  store.update({ hints: [] });
}

page.typeForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = page.type.value.trim();
  if (!text) return;
  page.type.value = "";
  say(text);
});

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
  store.update({ phase: "summary", activity: "ended", notice: null });
  page.summaryTitle.focus();
  try {
    store.update({ summary: await api.end(conversation.id) });
  } catch (error) {
    if (!store.state.summary) {
      store.update({ notice: { tone: "error", title: "The summary could not be fetched", text: error.message, actions: [{ label: "Try again", act: end }] } });
    }
  }
  hangUp();
}

/** The server ended the conversation: its last words are heard out first. */
function settle(event) {
  call.expectEnd();
  store.update({ summary: event });
  if (store.state.phase !== "live") return;
  clearTimeout(lastWords);
  if (store.state.activity === "speaking") lastWords = setTimeout(showSummary, LAST_WORDS);
  else showSummary();
}

function showSummary() {
  clearTimeout(lastWords);
  if (store.state.phase !== "live") return;
  hangUp();
  store.update({ phase: "summary", activity: "ended", notice: null });
  page.summaryTitle.focus();
}

function hangUp() {
  attempt += 1;
  clearTimeout(lastWords);
  call.leave();
  stop(microphone);
  microphone = null;
  sound.stop();
  letSleep();
  store.update({ microphone: "none", hold: false, hints: [] });
}

function atMenu() {
  const { devices, device } = store.state;
  return { ...initial, devices, device };
}

addEventListener("pagehide", () => call.leave());
addEventListener("pageshow", ({ persisted }) => {
  // The page came back from the browser's memory without its connection.
  if (persisted && store.state.phase === "live") rejoin();
});

// ---- drawing ----

function draw(state, before) {
  document.body.dataset.phase = state.phase;
  page.menu.hidden = state.phase !== "menu";
  page.live.hidden = state.phase === "menu";
  page.summary.hidden = state.phase !== "summary";
  page.stage.hidden = state.phase !== "live";
  page.talk.dataset.busy = state.busy ?? "";
  page.talk.setAttribute("aria-disabled", String(Boolean(state.busy)));
  page.typeOnly.disabled = state.busy === "joining";
  page.talkNote.textContent = { permission: "Your browser asks for the microphone. Choose “Allow”.", joining: "Your table is being laid…" }[state.busy] ?? "";
  if (state.notice !== before.notice) {
    drawNotice(page.menuNotice, state.phase === "menu" ? state.notice : null);
    drawNotice(page.liveNotice, state.phase === "menu" ? null : state.notice);
  }
  if (state.conversation !== before.conversation && state.conversation) {
    page.liveTitle.textContent = state.choice.title;
    page.liveWith.textContent = [state.conversation.ai_persona?.name && `with ${state.conversation.ai_persona.name}`, displayName(state.choice.language)].filter(Boolean).join(" · ");
  }
  if (state.phase === "live" && before.phase === "menu") page.liveTitle.focus();
  stage.draw(state, before);
  if (state.latencies !== before.latencies) drawLatency({ rows: page.latencyRows, note: page.latencyNote }, state.latencies);
  if (state.summary !== before.summary || state.phase !== before.phase) {
    page.bill.setAttribute("aria-busy", String(!state.summary));
    page.summaryWait.hidden = Boolean(state.summary) || Boolean(state.notice);
    page.billBody.hidden = !state.summary;
    if (state.summary) drawBill({ rows: page.billRows, achievements: page.achievements, next: page.next }, state.summary);
  }
}

function hideNotice() {
  // The button that was pressed goes away with the notice: the focus needs a place.
  if (page.liveNotice.contains(document.activeElement)) page.liveTitle.focus();
  store.update({ notice: null });
}

function camel(id) {
  return id.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

function pageStorage() {
  try {
    localStorage.getItem("colloquy");
    return localStorage;
  } catch {
    return new PageStorage();
  }
}
