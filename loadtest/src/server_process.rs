//! What the server costs: its processor time and memory, read from `/proc` when it runs on this machine.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use serde::Serialize;

/// A running server, by its process id.
#[derive(Debug)]
pub struct ServerProcess {
    pid: u32,
    since: Instant,
    before: Usage,
}

/// What a process holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Resident memory, in kB.
    pub rss_kb: u64,
    /// Open file descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: usize,
    /// Processor time of all of them up to now.
    pub cpu: Duration,
}

impl Footprint {
    /// Resident memory, in MB.
    pub fn rss_mb(&self) -> f64 {
        megabytes(self.rss_kb)
    }
}

/// What a process had used up to a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usage {
    cpu: Duration,
    rss_kb: u64,
    peak_kb: u64,
}

/// What the server used while the callers called.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ServerCost {
    /// How long that was, from before the first caller to after the last, in s.
    pub wall_s: f64,
    /// Processor time, of all threads, user and system, in s.
    pub cpu_s: f64,
    /// The time that calls lasted, all together, in s.
    pub call_s: f64,
    /// Processor time a call, as a share of one core, in percent; null when there was no call.
    pub core_percent_a_call: Option<f64>,
    /// Resident memory before the first caller, in MB.
    pub rss_before_mb: f64,
    /// The most there ever was, in MB.
    pub rss_peak_mb: f64,
    /// What it took beyond that for each of the calls that there were at once at most, in MB; null when there was none.
    pub memory_mb_a_call: Option<f64>,
}

impl ServerProcess {
    /// Begins to watch.
    ///
    /// # Errors
    /// When there is no such process, or no `/proc`.
    pub fn watch(pid: u32) -> io::Result<Self> {
        Ok(Self {
            pid,
            since: Instant::now(),
            before: usage(pid)?,
        })
    }

    /// What it used since, for calls that lasted so long all together, and of which there were so many at once at most.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn cost(&self, calls: Duration, at_once: usize) -> io::Result<ServerCost> {
        Ok(cost(
            self.before,
            usage(self.pid)?,
            self.since.elapsed(),
            calls,
            at_once,
        ))
    }

    /// What it holds now.
    ///
    /// # Errors
    /// When the process is gone, or another user's.
    pub fn footprint(&self) -> io::Result<Footprint> {
        let usage = usage(self.pid)?;
        let count = |what: &str| Ok::<_, io::Error>(fs::read_dir(format!("/proc/{}/{what}", self.pid))?.count());
        Ok(Footprint {
            rss_kb: usage.rss_kb,
            descriptors: count("fd")?,
            threads: count("task")?,
            cpu: usage.cpu,
        })
    }
}

fn megabytes(kb: u64) -> f64 {
    kb as f64 / 1024.0
}

fn cost(before: Usage, after: Usage, wall: Duration, calls: Duration, at_once: usize) -> ServerCost {
    let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
    ServerCost {
        wall_s: wall.as_secs_f64(),
        cpu_s: cpu,
        call_s: calls.as_secs_f64(),
        core_percent_a_call: (!calls.is_zero()).then(|| 100.0 * cpu / calls.as_secs_f64()),
        rss_before_mb: megabytes(before.rss_kb),
        rss_peak_mb: megabytes(after.peak_kb),
        memory_mb_a_call: (at_once > 0)
            .then(|| megabytes(after.peak_kb.saturating_sub(before.rss_kb)) / at_once as f64),
    }
}

fn usage(pid: u32) -> io::Result<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    parse(&stat, &status, rustix::param::clock_ticks_per_second())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid} can't be read")))
}

/// Reads proc_pid_stat(5) and proc_pid_status(5).
fn parse(stat: &str, status: &str, ticks_a_second: u64) -> Option<Usage> {
    // The program's name comes second, in parentheses, and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let mut ticks = || times.next()?.parse::<u64>().ok();
    let cpu = Duration::from_secs_f64((ticks()? + ticks()?) as f64 / ticks_a_second.max(1) as f64);
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    };
    Some(Usage {
        cpu,
        rss_kb: kilobytes("VmRSS:")?,
        peak_kb: kilobytes("VmHWM:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tcolloquy\nVmHWM:\t   61440 kB\nVmRSS:\t   51200 kB\nThreads:\t9\n";

    #[test]
    fn processor_time_and_memory_are_read_whatever_the_program_is_called() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 7 7 20 0 9 0 100 1 1";
        assert_eq!(
            parse(stat, STATUS, 100),
            Some(Usage {
                cpu: Duration::from_secs(3),
                rss_kb: 51_200,
                peak_kb: 61_440
            })
        );
        assert_eq!(parse("42 (gone", STATUS, 100), None);
        assert_eq!(parse(stat, "Name:\tzombie\n", 100), None);
    }

    #[test]
    fn a_call_costs_its_share_of_the_time_that_calls_lasted() {
        let usage = |cpu, rss_kb| Usage {
            cpu: Duration::from_secs(cpu),
            rss_kb,
            peak_kb: rss_kb,
        };
        let cost = |calls| cost(usage(1, 10_240), usage(5, 20_480), Duration::from_secs(50), calls, 20);
        let told = cost(Duration::from_secs(1_000));
        assert_eq!((told.cpu_s, told.core_percent_a_call), (4.0, Some(0.4)));
        assert_eq!((told.rss_before_mb, told.rss_peak_mb), (10.0, 20.0));
        assert_eq!(told.memory_mb_a_call, Some(0.5));
        assert_eq!(cost(Duration::ZERO).core_percent_a_call, None);
    }

    #[test]
    fn a_process_holds_memory_descriptors_and_threads() {
        let own = ServerProcess::watch(std::process::id()).expect("it is there");
        let before = own.footprint().expect("it is there");
        assert!(before.rss_mb() > 0.5 && before.threads >= 1, "{before:?}");
        // Other tests open and close files meanwhile: so many more are this one's.
        let open: Vec<_> = (0..500).map(|_| fs::File::open("/dev/null").expect("a file")).collect();
        let after = own.footprint().expect("it is there");
        assert!(after.descriptors >= before.descriptors + open.len() - 100, "{after:?}");
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        assert!(ServerProcess::watch(u32::MAX).is_err());
    }
}
