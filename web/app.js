// Wires the page: what is pressed becomes calls, what comes back becomes state, and the views draw the state.

import { Api, PageStorage } from "./api.js";
import { Bubbles } from "./bubbles.js";
import { Call } from "./call.js";
import { Captions } from "./captions.js";
import { wireHold } from "./hold.js";
import { tagOf } from "./languages.js";
import { Menu } from "./menu.js";
import { microphones, openMicrophone } from "./microphone.js";
import * as notices from "./notices.js";
import { drawPage, page } from "./page.js";
import { Sound } from "./sound.js";
import { Stage, hintsOf } from "./stage.js";
import { Store, initial } from "./state.js";
import { keepAwake, letSleep } from "./wakelock.js";
import { Whip } from "./whip.js";

/** How long the last words may still play before the bill comes, in ms. */
const LAST_WORDS = 20_000;

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

store.watch(drawPage);
store.watch((state, before) => stage.draw(state, before));
menu.load();

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

async function start(withMicrophone) {
  const { state } = store;
  const choice = menu.choice();
  // Whoever tires of the browser's question may still type.
  if (!choice || (state.busy && !(state.busy === "permission" && !withMicrophone))) return;
  if (!globalThis.RTCPeerConnection) {
    store.update({ notice: notices.noWebRtc() });
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
      const actions = [
        { label: "Try again", act: () => start(true) },
        { label: "Type instead", act: () => start(false) },
      ];
      store.update({ busy: null, notice: notices.noMicrophone(error, actions) });
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
    bubbles.begin({
      language: tagOf(choice.language),
      tutor: made.ai_persona?.name,
      translatable: choice.language !== choice.native,
    });
    store.update({
      phase: "live",
      busy: null,
      activity: "connecting",
      conversation: made,
      choice: { ...choice, tag: tagOf(choice.language) },
      latencies: [],
      hints: [],
    });
    sound.listen(microphone);
    keepAwake();
    await call.join(made.id, microphone?.getAudioTracks()[0] ?? null);
  } catch (error) {
    if (mine !== attempt) return;
    prepared = null;
    hangUp();
    store.update({ ...atMenu(), notice: notices.notStarted(error) });
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

async function watchMicrophone() {
  const [track] = microphone.getAudioTracks();
  const stream = microphone;
  track.onended = () => {
    if (microphone !== stream) return;
    silence();
    store.update({ notice: notices.microphoneGone(useMicrophone) });
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
    store.update({ notice: notices.noMicrophone(error) });
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
  store.update({ notice: notices.microphoneDead(hideNotice) });
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
  captions.catchUp(messages);
});
call.addEventListener("message", ({ detail: event }) => {
  captions.handle(event);
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
  store.update({ phase: "summary", activity: "ended", notice: null });
  page.summaryTitle.focus();
  try {
    store.update({ summary: await api.end(conversation.id) });
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

function hideNotice() {
  // The button that was pressed goes away with the notice: the focus needs a place.
  if (page.liveNotice.contains(document.activeElement)) page.liveTitle.focus();
  store.update({ notice: null });
}

function pageStorage() {
  try {
    localStorage.getItem("colloquy");
    return localStorage;
  } catch {
    return new PageStorage();
  }
}
