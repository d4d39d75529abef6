// What the learner is told when something doesn't go as it should: `{title, text, tone, actions: [{label, act}]}`; one
// that is `passing` goes away with the next connection.

import { explain } from "./microphone.js";

const error = (title, text, actions = []) => ({ tone: "error", title, text, actions });
const note = (title, text, actions = []) => ({ tone: "note", title, text, actions });

/** What a server says, as a sentence. */
export function sentence(text) {
  const trimmed = String(text ?? "").trim();
  if (!trimmed) return "";
  const end = /[.!?…。！？]["'”’»)]?$/u.test(trimmed) ? "" : ".";
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + end;
}

/** The browser lacks WebRTC. */
export const noWebRtc = () =>
  error(
    "This browser can't hold a call",
    "It lacks WebRTC, or has it switched off. A current Chrome, Edge, Firefox or Safari will do.",
  );

/** The scenarios could not be fetched. */
export const noMenu = ({ message }, again) =>
  error("The menu could not be fetched", sentence(message), [{ label: "Try again", act: again }]);

/** The conversation could not be made or joined. */
export const notStarted = ({ message, retryAfter }) =>
  error("The conversation could not start", sentence(message) + (retryAfter ? ` Try again in ${retryAfter} seconds.` : ""));

/** The microphone could not be opened; `actions` is what may be done instead. */
export function noMicrophone(reason, actions = []) {
  const { title, text } = explain(reason);
  return error(title, text, actions);
}

/** The microphone went away during the call. */
export const microphoneGone = (use) =>
  note("The microphone is gone", "It was unplugged or switched off. Choose it again, or go on by typing.", [
    { label: "Use the microphone", act: use },
  ]);

/** The microphone is open and gives nothing at all. */
export const microphoneDead = (hide) => ({
  ...note(
    "Your microphone gives no sound",
    "It may be muted by a switch or by the system. You can also choose another one, or type.",
    [{ label: "Hide", act: hide }],
  ),
  silent: true,
});

/** The browser doesn't play sound yet. */
export const soundHeld = (play) =>
  note("The sound is held back", "Your browser wants one more press before it plays.", [
    { label: "Play the sound", act: play },
  ]);

/** What the errors are about that are nobody's fault. */
const TITLES = { RECOGNITION_UNAVAILABLE: "Please type" };

/** An `error` event of the server. */
export const tutorError = ({ message, code }, hide) =>
  note(TITLES[code] ?? "The tutor reports a problem", sentence(message ?? code), [{ label: "Hide", act: hide }]);

/** A line can't be heard again. */
export const notHeardAgain = (reason, hide) =>
  note("That can't be heard again", sentence(reason?.message) || "There is no recording of it.", [{ label: "Hide", act: hide }]);

/** The server stops; where another takes its place, the page finds it. */
export const serverStops = () => ({
  ...note("The server is being restarted", "Your conversation is kept and goes on as soon as the server is back."),
  passing: true,
});

/** The connection is lost for good. */
export const connectionLost = (reason, again, finish) =>
  error("The connection is lost", sentence(reason?.message) || "The server could not be reached for a while.", [
    { label: "Reconnect", act: again },
    { label: "Finish here", act: finish },
  ]);

/** The summary could not be fetched. */
export const noSummary = ({ message }, again) =>
  error("The summary could not be fetched", sentence(message), [{ label: "Try again", act: again }]);
