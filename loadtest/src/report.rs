//! What a run came to: the JSON report, and from the same figures the table and the page.

mod chart;
mod page;
mod progress;
mod table;

use std::time::Duration;

use serde::Serialize;

use crate::floor::{CodecCost, FloorReport};
use crate::measure::{Accounted, Measures, Spread};
use crate::network::{Carried, Conditions};
use crate::plan::{Behaviour, Plan};
use crate::repair::Repair;
use crate::rest::RestReport;
use crate::run::Capacity;
use crate::scrape::ServerMetrics;
use crate::server_process::ServerCost;
use crate::surface::Surface;
use crate::thresholds::Verdict;
use crate::watch::{Growth, LeftBehind, LogReport, Samples};

pub use page::page;
pub use progress::line as progress_line;
pub use table::table;

/// The account of a turn is right when it misses no more than this, in ms: one frame.
const ACCOUNTED_MS: f64 = 20.0;
/// The load test's own clocks may be so late, in ms, at the 99th percentile.
const LATEST_CLOCK_MS: f64 = 5.0;
/// And its threads so busy.
const BUSIEST: f64 = 0.8;
/// Errors that are told.
const MOST_ERRORS: usize = 5;

/// What all callers together saw. Times are in ms; what was not measured is null.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What was asked for.
    pub run: RunReport,
    /// How many callers were started.
    pub callers: usize,
    /// How many calls came about.
    pub joined: usize,
    /// The same a minute.
    pub joined_a_minute: Option<f64>,
    /// How many of them were begun again after the connection had been lost.
    pub rejoined: usize,
    /// How often the server had no room.
    pub refused: usize,
    /// How often something failed.
    pub failed: usize,
    /// The most frequent failures, with how often.
    pub errors: Vec<(String, usize)>,
    /// Conversations that are over.
    pub conversations: usize,
    /// The most that there were at once.
    pub most_at_once: usize,
    /// From the request to a refusal.
    pub refusal_ms: Option<Spread>,
    /// POST of the offer -> connected.
    pub connect_ms: Option<Spread>,
    /// Handshake of a WebSocket -> its conversation has begun.
    pub socket_connect_ms: Option<Spread>,
    /// POST of the offer -> first agent audio.
    pub join_ms: Option<Spread>,
    /// POST of the offer -> connected, of callers that came back.
    pub rejoin_ms: Option<Spread>,
    /// Change of address while the agent speaks -> its next packet.
    pub rebind_gap_ms: Option<Spread>,
    /// Utterances and what became of them.
    #[serde(flatten)]
    pub turns: crate::measure::Turns,
    /// Utterances transcribed exactly as said (case and punctuation aside); null when the server hears the same whatever is said.
    pub transcribed_exactly: Option<usize>,
    /// Part of the utterances that was answered.
    pub answered_percent: Option<f64>,
    /// Part of the utterances over surfaces that tell their transcripts that was transcribed exactly.
    pub transcribed_percent: Option<f64>,
    /// What was heard in place of what was said, with how often, the most frequent first.
    pub misheard: Vec<Misheard>,
    /// Last voiced sample sent -> first packet of the reply, over WebRTC.
    pub voice_to_voice_ms: Option<Spread>,
    /// Recording sent -> the reply's sound, over document 001's WebSocket.
    pub chat_reply_ms: Option<Spread>,
    /// Last voiced sample sent -> the whole reply, over document 004's WebSocket.
    pub stream_reply_ms: Option<Spread>,
    /// First voiced packet over the agent -> the agent's last.
    pub barge_in_ms: Option<Spread>,
    /// The server's own account of the same turns.
    pub server: ServerShare,
    /// Measured voice-to-voice less the server's total, turn by turn: network, pacing and what the account misses.
    pub unaccounted_ms: Option<Spread>,
    /// Turns of which the server's total and the measurement differ by at most 20 ms.
    pub accounted: usize,
    /// The turns of which they differ most, part by part.
    pub least_accounted: Vec<Accounted>,
    /// Agent packets received.
    pub packets: u64,
    /// Agent packets missing from the sequence numbers received.
    pub lost: u64,
    /// The same as a part of all.
    pub lost_percent: Option<f64>,
    /// Agent packets that came too late to be heard by who holds packets back for 60 ms.
    pub too_late: u64,
    /// Sound that callers had to make up for both, in ms.
    pub concealed_ms: u64,
    /// The same as a part of the agent's speech.
    pub concealed_percent: Option<f64>,
    /// How much later packets of speech came than the earliest of their spurt let expect.
    pub lateness_ms: Option<Spread>,
    /// Part of the calls' time in which the agent spoke.
    pub agent_talking_percent: Option<f64>,
    /// What the impaired network did to what callers sent.
    pub network_up: Carried,
    /// And to what they were sent.
    pub network_down: Carried,
    /// The requests beside the calls, if there were any.
    pub rest: Option<RestReport>,
    /// What the server used, if it runs on this machine and its process is known.
    pub server_cost: Option<ServerCost>,
    /// What the server counted, if it was asked.
    pub metrics: Option<ServerMetrics>,
    /// How the server's memory moved over the last two thirds of the run.
    pub memory_growth: Option<Growth>,
    /// What was left of callers when all were gone, if that was waited for.
    pub left_behind: Option<LeftBehind>,
    /// What the server wrote to its log, if that was watched.
    pub log: Option<LogReport>,
    /// What was carried beside what the codec alone would cost, if that was measured.
    pub floor: Option<FloorReport>,
    /// What the server carries, if that was found out first.
    pub capacity: Option<Capacity>,
    /// The server by time.
    pub samples: Samples,
    /// What the load test itself used.
    pub own: Own,
    /// What became of the limits, if there were any.
    pub limits: Vec<Verdict>,
}

/// What was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// The server.
    pub url: String,
    /// What conversations were about.
    pub scenario: String,
    /// Their language.
    pub language: String,
    /// Callers that start a second.
    pub ramp: f64,
    /// How long conversations were begun, in s; one each when it is null.
    pub length_s: Option<f64>,
    /// How callers behaved.
    pub behaviour: Behaviour,
    /// The network between them and the server.
    pub network: Conditions,
    /// What callers offered against its loss.
    pub repair: Repair,
    /// What decided.
    pub seed: u64,
    /// How long it took, in s.
    pub took_s: f64,
}

/// What the load test itself used, and whether its figures are the server's.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Own {
    /// Processor time, of all threads, in s.
    pub cpu_s: Option<f64>,
    /// The same a call, as a share of one core, in percent.
    pub core_percent_a_call: Option<f64>,
    /// How busy each thread for media was, in percent.
    pub threads_busy_percent: Vec<f64>,
    /// How late frames were begun.
    pub clock_late_ms: Option<Spread>,
    /// Whether it was too slow itself.
    pub is_bottleneck: bool,
    /// Why.
    pub why: Vec<String>,
}

/// An utterance that was transcribed as something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Misheard {
    /// How often.
    pub count: usize,
    /// What was said.
    pub said: String,
    /// The transcript; none came when it is null.
    pub heard: Option<String>,
}

/// The `latency` events, part by part.
#[derive(Debug, Default, Serialize)]
pub struct ServerShare {
    /// Last voiced sample -> the turn is over.
    pub end_of_turn_ms: Option<Spread>,
    /// -> its transcript is there.
    pub stt_ms: Option<Spread>,
    /// -> the first words of the reply are there.
    pub llm_ms: Option<Spread>,
    /// -> the first sound of the reply is there.
    pub tts_ms: Option<Spread>,
    /// The whole.
    pub total_ms: Option<Spread>,
}

/// What stands beside the callers' measures.
#[derive(Debug, Default)]
pub struct Beside {
    /// The server's address, the scenario and its language.
    pub target: [String; 3],
    /// How long the run took.
    pub took: Duration,
    /// How busy each thread for media was, from 0 to 1.
    pub threads: Vec<f64>,
    /// What the load test used.
    pub own: Option<ServerCost>,
    /// What the server used.
    pub server: Option<ServerCost>,
    /// What it counted.
    pub metrics: Option<ServerMetrics>,
    /// Whether its recogniser hears the same whatever is said.
    pub is_deaf: bool,
    /// The requests beside the calls.
    pub rest: Option<RestReport>,
    /// The server by time.
    pub samples: Samples,
    /// What was left of callers.
    pub left_behind: Option<LeftBehind>,
    /// What it wrote to its log.
    pub log: Option<LogReport>,
    /// What the codec costs on its cores.
    pub floor: Option<CodecCost>,
}

impl Report {
    /// Sums a run up. Limits are judged afterwards.
    pub fn of(plan: &Plan, measures: &Measures, beside: Beside) -> Self {
        let turns = measures.turns;
        let replies = |surface| measures.replies.get(&surface).and_then(|values| Spread::of_any(values));
        let heard = &measures.heard;
        let accounts = &measures.accounts;
        let misheard: usize = measures.misheard.values().sum();
        let own = own(measures, &beside);
        let took_s = beside.took.as_secs_f64();
        let talking = (measures.live_calls_s > 0.0).then(|| heard.speech as f64 * 0.02 / measures.live_calls_s);
        let hears = !beside.is_deaf;
        let [url, scenario, language] = beside.target;
        Self {
            run: RunReport {
                url,
                scenario,
                language,
                ramp: plan.ramp,
                length_s: plan.length.map(|length| length.as_secs_f64()),
                behaviour: plan.behaviour,
                network: plan.conditions,
                repair: plan.repair,
                seed: plan.seed,
                took_s,
            },
            callers: plan.callers,
            joined: measures.joined,
            joined_a_minute: (took_s > 0.0).then(|| measures.joined as f64 * 60.0 / took_s),
            rejoined: measures.rejoined,
            refused: measures.refusals.len(),
            failed: measures.failed,
            errors: errors(measures),
            conversations: measures.conversations,
            most_at_once: measures.most_at_once,
            refusal_ms: Spread::of_any(&measures.refusals),
            connect_ms: Spread::of_any(&measures.connects),
            socket_connect_ms: Spread::of_any(&measures.socket_connects),
            join_ms: Spread::of_any(&measures.first_audio),
            rejoin_ms: Spread::of_any(&measures.returns),
            rebind_gap_ms: Spread::of_any(&measures.rebind_gaps),
            turns,
            answered_percent: percent(turns.answered as f64, turns.utterances as f64),
            transcribed_exactly: hears.then_some(turns.transcribed_exactly),
            transcribed_percent: percent(
                turns.transcribed_exactly as f64,
                (turns.transcribed_exactly + misheard) as f64,
            )
            .filter(|_| hears),
            misheard: if hears { told(measures) } else { Vec::new() },
            voice_to_voice_ms: replies(Surface::Whip),
            chat_reply_ms: replies(Surface::Chat),
            stream_reply_ms: replies(Surface::Stream),
            barge_in_ms: Spread::of_any(&measures.barge_ins),
            server: ServerShare {
                end_of_turn_ms: Spread::of_any(&accounts.end_of_turn),
                stt_ms: Spread::of_any(&accounts.stt),
                llm_ms: Spread::of_any(&accounts.llm),
                tts_ms: Spread::of_any(&accounts.tts),
                total_ms: Spread::of_any(&accounts.total),
            },
            unaccounted_ms: Spread::of_any(&measures.unaccounted),
            accounted: measures
                .unaccounted
                .iter()
                .filter(|unaccounted| unaccounted.abs() <= ACCOUNTED_MS)
                .count(),
            least_accounted: measures.least_accounted.clone(),
            packets: heard.packets,
            lost: heard.lost(),
            lost_percent: percent(heard.lost() as f64, (heard.packets + heard.lost()) as f64),
            too_late: heard.too_late,
            concealed_ms: heard.concealed_ms(),
            concealed_percent: percent(
                (heard.lost() + heard.too_late) as f64,
                (heard.speech + heard.lost()) as f64,
            ),
            lateness_ms: heard.lateness.spread(),
            agent_talking_percent: talking.map(|talking| talking * 100.0),
            network_up: measures.carried[0],
            network_down: measures.carried[1],
            rest: beside.rest,
            server_cost: beside.server,
            metrics: beside.metrics,
            memory_growth: beside.samples.growth(),
            left_behind: beside.left_behind,
            log: beside.log,
            floor: beside.floor.zip(talking).map(|(cost, talking)| {
                let strained = beside.samples.strained();
                cost.beside(talking, strained, measures.most_at_once)
            }),
            capacity: None,
            samples: beside.samples,
            own,
            limits: Vec::new(),
        }
    }

    /// Whether the run passes: by its limits if it has any, else when nothing failed and every utterance was answered.
    pub fn passes(&self) -> bool {
        match self.limits.is_empty() {
            true => self.failed == 0 && self.turns.answered == self.turns.utterances,
            false => self.limits.iter().all(|verdict| verdict.passed),
        }
    }
}

fn own(measures: &Measures, beside: &Beside) -> Own {
    let clock_late_ms = measures.clock_late.spread();
    let mut why = Vec::new();
    if let Some(late) = clock_late_ms.filter(|late| late.p99 > LATEST_CLOCK_MS) {
        why.push(format!("its clock was {:.1} ms late at the 99th percentile", late.p99));
    }
    for busy in beside.threads.iter().filter(|busy| **busy > BUSIEST) {
        why.push(format!("a thread was busy for {:.0}% of the time", busy * 100.0));
    }
    Own {
        cpu_s: beside.own.as_ref().map(|cost| cost.cpu_s),
        core_percent_a_call: beside.own.as_ref().and_then(|cost| cost.core_percent_a_call),
        threads_busy_percent: beside.threads.iter().map(|busy| busy * 100.0).collect(),
        clock_late_ms,
        is_bottleneck: !why.is_empty(),
        why,
    }
}

fn errors(measures: &Measures) -> Vec<(String, usize)> {
    let mut errors: Vec<(String, usize)> = measures
        .errors
        .iter()
        .map(|(why, count)| (why.clone(), *count))
        .collect();
    errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    errors.truncate(MOST_ERRORS);
    errors
}

fn told(measures: &Measures) -> Vec<Misheard> {
    let entry = |((said, heard), count): (&(String, Option<String>), &usize)| Misheard {
        count: *count,
        said: said.clone(),
        heard: heard.clone(),
    };
    let mut misheard: Vec<Misheard> = measures.misheard.iter().map(entry).collect();
    misheard.sort_by(|a, b| b.cmp(a));
    misheard
}

fn percent(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| 100.0 * part / whole)
}

#[cfg(test)]
pub(crate) mod tests;
