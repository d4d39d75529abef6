//! The command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;

use crate::network::{Conditions, span};
use crate::plan::Behaviour;
use crate::repair::Repair;
use crate::surface::Mix;

/// Callers that join over WebRTC and WebSockets, talk like people, and measure what comes back.
#[derive(Debug, Parser)]
#[command(name = "colloquy-loadtest", version, args_override_self = true)]
pub struct Options {
    /// The server.
    #[arg(long, default_value = "http://localhost:8000")]
    pub url: String,
    /// A PEM file of certificates that are trusted besides the machine's, for a server with one of its own over https.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// How many callers talk at once; or which part of those that the server carries, which is then found first by a ramp until it
    /// refuses one (needs --metrics).
    #[arg(long, default_value = "10", value_name = "200, or 80%")]
    pub callers: Callers,
    /// How many callers start a second: 20/s, or 20.
    #[arg(long, default_value = "10/s", value_parser = rate)]
    pub ramp: f64,
    /// How long callers go on beginning conversations; each has one when left out.
    #[arg(long)]
    pub minutes: Option<f64>,
    /// The topic of the conversations.
    #[arg(long, default_value = "restaurant")]
    pub scenario: String,
    /// Their language.
    #[arg(long, default_value = "french")]
    pub language: String,
    /// What decides who hesitates, interrupts, loses the connection, and what the network loses.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// In which parts callers talk over WebRTC (whip), document 001's WebSocket (chat) and document 004's (stream).
    #[arg(long, default_value = "whip", value_name = "whip=8,chat=1,stream=1")]
    pub mix: Mix,
    /// A text file with one answer a line, said in this order. Without it: the answers that come with this program.
    #[arg(long)]
    pub answers: Option<PathBuf>,
    /// A folder of recordings in place of the built-in voice: one WAV file an answer, in the order of their names. What is said
    /// is its name, or stands in a text file of the same name.
    #[arg(long, conflicts_with = "answers")]
    pub voices: Option<PathBuf>,
    /// How many of the answers each caller gives; all of them when left out.
    #[arg(long)]
    pub turns: Option<usize>,
    /// Milliseconds that a caller thinks before it answers: the median, unless --steady.
    #[arg(long, default_value_t = 400)]
    pub thinking_ms: u64,
    /// The server's engines are scripted (STT=scripted): it takes any pause for the end of an answer, so none has one, and what it
    /// transcribes means nothing.
    #[arg(long)]
    pub scripted: bool,
    /// Callers like clockwork: nobody hesitates, interrupts or loses the connection unless told to.
    #[arg(long)]
    pub steady: bool,
    /// Part of the answers with a pause in the middle.
    #[arg(long, value_parser = share, value_name = "10%")]
    pub hesitate: Option<f64>,
    /// Part of the answers begun while the agent speaks.
    #[arg(long, value_parser = share, value_name = "5%")]
    pub interrupt: Option<f64>,
    /// Part of the conversations in which the connection is lost and come back to.
    #[arg(long, value_parser = share, value_name = "2%")]
    pub drop: Option<f64>,
    /// Part of the conversations in which the caller's address changes while the agent speaks.
    #[arg(long, value_parser = share, value_name = "0%")]
    pub rebind: Option<f64>,
    /// What the network does to WebRTC, each way: loss=5%,burst=10%/4,delay=20ms,jitter=40ms,reorder=1%,duplicate=1%,
    /// bandwidth=64kbit,outage=2s/60s.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub network: Conditions,
    /// What callers offer against loss besides Opus with FEC: none, nack, red, or nack,red.
    #[arg(long, default_value_t = Repair::default())]
    pub repair: Repair,
    /// Requests a second beside the calls: histories, progress, leaderboards.
    #[arg(long, value_parser = rate, value_name = "20/s")]
    pub rest: Option<f64>,
    /// An access token or API key for all callers; each is a guest when left out.
    #[arg(long, env = "COLLOQUY_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Threads for WebRTC.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: u16,
    /// The process id of the server, when it runs on this machine: what it costs is reported, too.
    #[arg(long)]
    pub server_pid: Option<u32>,
    /// Read the server's metrics before and after; at this URL, or at /metrics of the server.
    #[arg(long, num_args = 0..=1, default_missing_value = "", value_name = "URL")]
    pub metrics: Option<String>,
    /// How often the server is looked at, with --server-pid, --metrics or both.
    #[arg(long, value_parser = every, default_value = "10s", value_name = "10s")]
    pub sample_every: Duration,
    /// The server's log, when it is a file on this machine: its errors and warnings are reported.
    #[arg(long, value_name = "FILE")]
    pub server_log: Option<PathBuf>,
    /// When all callers are gone, wait for the server to be as before, and report what is left of them: actors, sockets, threads.
    #[arg(long)]
    pub left_behind: bool,
    /// Measure on the server's cores, before and after, what the codec alone costs, and report which part of it the server carried.
    #[arg(long, requires = "server_pid")]
    pub floor: bool,
    /// Where to write the report as JSON; `-` is standard output.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Where to write it as a page with charts.
    #[arg(long)]
    pub html: Option<PathBuf>,
    /// A TOML file with limits of the report's figures: exit with 2 unless all are kept.
    #[arg(long)]
    pub thresholds: Option<PathBuf>,
    /// An earlier report (JSON), for limits of how much a figure may grow.
    #[arg(long)]
    pub baseline: Option<PathBuf>,
}

/// How many callers there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Callers {
    /// So many.
    Number(usize),
    /// This part of those that the server carries, from 0 to 1.
    Share(f64),
}

impl FromStr for Callers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_suffix('%') {
            Some(_) => share(text).map(Self::Share),
            None => text
                .parse()
                .map(Self::Number)
                .map_err(|_| "it must be a number, or a part such as 80%".to_owned()),
        }
    }
}

impl Options {
    /// How callers behave.
    pub fn behaviour(&self) -> Behaviour {
        let thinking = Duration::from_millis(self.thinking_ms);
        let usual = match self.steady {
            true => Behaviour::steady(thinking),
            false => Behaviour::people(thinking),
        };
        Behaviour {
            // Who is deaf takes any pause for the end.
            hesitate: self
                .hesitate
                .unwrap_or(if self.scripted { 0.0 } else { usual.hesitate }),
            interrupt: self.interrupt.unwrap_or(usual.interrupt),
            drop: self.drop.unwrap_or(usual.drop),
            rebind: self.rebind.unwrap_or(usual.rebind),
            ..usual
        }
    }

    /// How long callers go on.
    pub fn length(&self) -> Option<Duration> {
        self.minutes.and_then(|minutes| span(&format!("{minutes}m")))
    }
}

/// A length of time that is not nothing.
fn every(text: &str) -> Result<Duration, String> {
    let length = span(text).filter(|length| *length >= Duration::from_millis(100));
    length.ok_or_else(|| "it must be a time such as 10s".to_owned())
}

/// Something a second.
fn rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).parse::<f64>();
    match number {
        Ok(rate) if (0.01..=10_000.0).contains(&rate) => Ok(rate),
        _ => Err("it must be a rate such as 20/s".to_owned()),
    }
}

/// A part of a whole.
fn share(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    match share {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("it must be a part such as 5%".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, clap::Error> {
        Options::try_parse_from(std::iter::once("colloquy-loadtest").chain(line.split_whitespace()))
    }

    #[test]
    fn the_command_of_the_documents_is_read() {
        let line = "--url http://host:8000 --callers 200 --ramp 20/s --minutes 2 --scenario restaurant --language french --seed 7";
        let options = parsed(line).expect("options");
        assert_eq!(
            (options.callers, options.ramp, options.seed),
            (Callers::Number(200), 20.0, 7)
        );
        assert_eq!(options.length(), Some(Duration::from_secs(120)));
        assert!(options.network.is_clean());
        assert_eq!(options.behaviour(), Behaviour::people(Duration::from_millis(400)));
        assert_eq!(options.metrics, None);
    }

    #[test]
    fn the_last_of_two_says_how_it_is() {
        let options = parsed("--callers 80% --seed 1 --seed 2 --callers 40").expect("options");
        assert_eq!((options.callers, options.seed), (Callers::Number(40), 2));
        assert_eq!(options.behaviour().hesitate, 0.1);
        assert_eq!(parsed("--scripted").expect("options").behaviour().hesitate, 0.0);
    }

    #[test]
    fn steady_callers_do_only_what_they_are_told_to() {
        let options =
            parsed("--steady --interrupt 100% --ramp 5 --metrics --network loss=5%,jitter=40ms").expect("options");
        let behaviour = options.behaviour();
        assert!(!behaviour.varies);
        assert_eq!(
            (behaviour.interrupt, behaviour.hesitate, behaviour.drop),
            (1.0, 0.0, 0.0)
        );
        assert_eq!((options.ramp, options.network.loss), (5.0, 0.05));
        assert_eq!(options.metrics.as_deref(), Some(""));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "--ramp 0",
            "--interrupt 101%",
            "--network fog=1%",
            "--mix phone",
            "--threads 0",
            "--voices a --answers b",
            "--callers many",
            "--callers 120%",
            "--sample-every 0s",
            "--floor",
            "--repair fec",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
