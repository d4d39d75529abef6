//! The codec floor of the server's own cores, measured beside a run: how many conversations they would carry that were nothing but
//! codec (see [`colloquy_media::floor`]), and which part of that the server carried.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use colloquy_media::SENT_RATE;
use colloquy_media::codec::CodecError;
use colloquy_media::floor::Floor;
use colloquy_media::resample::{ResampleError, Resampler};
use rustix::thread::{Pid, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::clip::{Clip, PCM_RATE};
use crate::frame::Frame;

/// How hard the server's encoder tries (libopus complexity): as long as there is time for it, and when there is not.
const EFFORT: [u8; 2] = [5, 2];
/// Conversations that take turns, at most: far fewer outgrow the caches, and more make no difference.
const MOST: usize = 200;
/// Frames of the codec that are measured, of all conversations together: a few seconds.
const FRAMES: usize = 12_000;

/// The floor could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum FloorError {
    /// The server's cores are not known, or not to be had.
    #[error("the server's cores: {0}")]
    Cores(#[from] io::Error),
    /// The codec refused.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The sound can't be brought to its rate.
    #[error(transparent)]
    Rate(#[from] ResampleError),
}

/// What the codec costs on the server's cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CodecCost {
    /// How many cores the server may use.
    pub cores: u32,
    /// With as much effort as it takes when there is time, and with the least.
    pub floors: [Floor; 2],
}

/// What a run was beside the floor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FloorReport {
    /// Cores that the server may use.
    pub cores: u32,
    /// Decoding a caller's packet, in microseconds of processor time.
    pub decode_us: f64,
    /// Encoding a frame at complexity 5.
    pub encode_us: f64,
    /// Encoding a frame at complexity 2.
    pub encode_least_us: f64,
    /// Part of the run in which the server encoded at complexity 2; null when it was not asked, and then taken for none.
    pub least_effort_percent: Option<f64>,
    /// Part of the time in which the agent spoke.
    pub agent_talking_percent: f64,
    /// Conversations that would use all of the cores for nothing but the codec, at that effort.
    pub conversations: f64,
    /// Conversations that the server carried at once.
    pub carried: usize,
    /// The same as a part of the floor's.
    pub carried_percent: f64,
}

/// Measures the floor of so many `conversations`, 200 at most, on the cores that a process may use, with what callers send.
///
/// # Errors
/// When the cores or the codec refuse.
pub fn measure(pid: u32, clips: &[Arc<Clip>], conversations: usize) -> Result<CodecCost, FloorError> {
    let clips = clips.to_vec();
    let measuring = thread::Builder::new()
        .name("floor".to_owned())
        .spawn(move || on_cores_of(pid, &clips, conversations))?;
    measuring
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("it broke off").into()))
}

/// On a thread of its own, which then runs on no other core.
fn on_cores_of(pid: u32, clips: &[Arc<Clip>], conversations: usize) -> Result<CodecCost, FloorError> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let cores = sched_getaffinity(Some(pid.ok_or(io::ErrorKind::InvalidInput).map_err(io::Error::from)?));
    let cores = cores.map_err(io::Error::from)?;
    sched_setaffinity(None, &cores).map_err(io::Error::from)?;
    let mut packets: Vec<&[u8]> = Vec::new();
    let mut sound = Vec::new();
    for clip in clips {
        let frames = 0..clip.voiced_frames();
        packets.extend(frames.clone().map(|frame| clip.frame(frame).payload));
        // Callers listen about three times as long as they speak, and their microphones are open all the time.
        packets.extend(frames.flat_map(|_| [Frame::SILENCE.payload; 3]));
        let mut resampler = Resampler::new(PCM_RATE, SENT_RATE)?;
        resampler.push(clip.all_samples(), &mut sound);
        resampler.flush(&mut sound);
    }
    let conversations = NonZeroUsize::new(conversations.min(MOST)).unwrap_or(NonZeroUsize::MIN);
    let frames = NonZeroUsize::new(FRAMES / conversations).unwrap_or(NonZeroUsize::MIN);
    let measured = |complexity| Floor::measure(&packets, &sound, complexity, (conversations, frames), processor_time);
    // The first one wakes the processor up.
    measured(EFFORT[1])?;
    Ok(CodecCost {
        cores: cores.count(),
        floors: [measured(EFFORT[0])?, measured(EFFORT[1])?],
    })
}

/// What this thread has used: who else runs on the core doesn't count.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

impl CodecCost {
    /// The lower of two measurements: disturbed, it is only ever higher.
    #[must_use]
    pub fn lower(self, other: Self) -> Self {
        let lower = |of: fn(&Floor) -> Duration, at: usize| of(&self.floors[at]).min(of(&other.floors[at]));
        let floor = |at| Floor {
            decode: lower(|floor| floor.decode, at),
            encode: lower(|floor| floor.encode, at),
        };
        Self {
            cores: self.cores,
            floors: [floor(0), floor(1)],
        }
    }

    /// What a run was beside it: the agent spoke for `talking` of the time, speech was encoded with the least effort for
    /// `strained` of it, and so many conversations were carried at once.
    pub fn beside(&self, talking: f64, strained: Option<f64>, carried: usize) -> FloorReport {
        let [full, least] = self.floors;
        let share = strained.unwrap_or_default().clamp(0.0, 1.0);
        let floor = Floor {
            decode: full.decode.min(least.decode),
            encode: full.encode.mul_f64(1.0 - share) + least.encode.mul_f64(share),
        };
        let conversations = floor.conversations(talking) * f64::from(self.cores);
        let microseconds = |cost: Duration| cost.as_secs_f64() * 1e6;
        FloorReport {
            cores: self.cores,
            decode_us: microseconds(floor.decode),
            encode_us: microseconds(full.encode),
            encode_least_us: microseconds(least.encode),
            least_effort_percent: strained.map(|share| share * 100.0),
            agent_talking_percent: talking * 100.0,
            conversations,
            carried,
            carried_percent: 100.0 * carried as f64 / conversations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::tests::tone;

    fn cost(decode: u64, encode: u64, least: u64) -> CodecCost {
        let floor = |encode| Floor {
            decode: Duration::from_micros(decode),
            encode: Duration::from_micros(encode),
        };
        CodecCost {
            cores: 2,
            floors: [floor(encode), floor(least)],
        }
    }

    #[test]
    fn what_was_carried_is_held_against_the_floor_at_the_same_effort() {
        let report = cost(20, 100, 60).beside(0.4, Some(0.5), 250);
        // 20 us and 40% of 80 us of 20 ms, on two cores.
        assert!((report.conversations - 769.2).abs() < 0.1, "{report:?}");
        assert!((report.carried_percent - 32.5).abs() < 0.01, "{report:?}");
        let unknown = cost(20, 100, 60).beside(0.4, None, 250);
        assert!((unknown.conversations - 666.7).abs() < 0.1, "{unknown:?}");
        assert_eq!(unknown.least_effort_percent, None);
    }

    #[test]
    fn of_two_measurements_the_less_disturbed_counts() {
        let lower = cost(20, 150, 60).lower(cost(30, 100, 70));
        assert_eq!(lower, cost(20, 100, 60));
    }

    #[test]
    fn the_floor_is_measured_on_the_cores_of_a_process() {
        let cost = measure(std::process::id(), &[tone("one")], 3).expect("a floor");
        assert!(cost.cores >= 1);
        for floor in cost.floors {
            assert!(
                floor.decode > Duration::ZERO && floor.encode > floor.decode / 10,
                "{floor:?}"
            );
        }
        assert!(matches!(
            measure(u32::MAX, &[tone("one")], 1),
            Err(FloorError::Cores(_))
        ));
    }
}
