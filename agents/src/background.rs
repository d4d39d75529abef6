//! Threads that compute give way to those that carry sound. Where both want the same core, a frame that leaves late is heard by
//! everybody in the call, and a computation that takes a moment longer mostly by nobody.

/// How much a thread gives way, as its nice value: for each step a tenth less of a core that others want too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Niceness {
    /// Somebody waits for it: recognition, speech.
    Awaited = 5,
    /// Nobody does: assessment, slips that may be heard.
    Unhurried = 15,
}

impl Niceness {
    /// Lets this thread give way from now on, as far as the system can do that for a single thread.
    pub fn give_way(self) {
        #[cfg(target_os = "linux")]
        if let Err(error) = rustix::process::setpriority_process(None, self as i32) {
            tracing::debug!(%error, niceness = ?self, "a thread doesn't give way");
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gives_way_and_the_others_do_not() {
        let niceness = || rustix::process::getpriority_process(None).expect("it can be asked");
        let before = niceness();
        let gives_way = std::thread::spawn(move || {
            Niceness::Unhurried.give_way();
            niceness()
        });
        assert_eq!(gives_way.join().expect("it ends"), 15);
        assert_eq!(niceness(), before);
    }
}
