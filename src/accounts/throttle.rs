//! Guessing passwords is slowed down: for each address from each place, for each address from everywhere, and for each place.
//!
//! Whoever signed in from a place lately is not held up by what others try from elsewhere: otherwise some places together could
//! keep anyone out for as long as they go on. Somebody who comes from a new place meanwhile does wait.

use std::time::Duration;

use super::email::EmailAddress;
use super::opaque;
use super::proven::Proven;
use crate::presence::gcra::Window;
use crate::presence::limits::Limits;

const HERE: Window = Window::new("sign-in", 2, MINUTE, 5);
const EVERYWHERE: Window = Window::new("sign-in-account", 10, MINUTE, 30);
const PLACE: Window = Window::new("sign-in-place", 10, MINUTE, 20);
const MINUTE: Duration = Duration::from_secs(60);

/// Counts attempts to sign in, or to sign up; clones share what they know.
#[derive(Clone, Debug, Default)]
pub struct Throttle {
    /// Addresses with the places from which somebody knew their passwords.
    known: Proven,
}

impl Throttle {
    /// Counts an attempt.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub async fn attempt(&self, limits: &dyn Limits, email: &EmailAddress, place: &str) -> Result<(), Duration> {
        // The address itself stays out of what is shared.
        let account = opaque::hash(email.as_str());
        let account = &account[..32];
        let everywhere = (!self.known.contains(&at(email, place))).then(|| (format!("sign-in:{account}"), EVERYWHERE));
        let here = [
            (format!("sign-in:{place}"), PLACE),
            (format!("sign-in:{account}:{place}"), HERE),
        ];
        for (key, window) in here.into_iter().chain(everywhere) {
            let decision = limits.spend(&key, &[window]).await;
            if !decision.is_allowed {
                return Err(decision.retry_after());
            }
        }
        Ok(())
    }

    /// Somebody knew the password of that address there.
    pub fn succeeded(&self, email: &EmailAddress, place: &str) {
        self.known.remember(&at(email, place));
    }
}

fn at(email: &EmailAddress, place: &str) -> String {
    format!("{} {place}", email.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::limits::LocalLimits;

    #[tokio::test]
    async fn the_sixth_guess_from_one_place_waits_and_other_places_do_not() {
        let (throttle, limits) = (Throttle::default(), LocalLimits::default());
        let ann = EmailAddress::parse("ann@example.com").unwrap();
        for _ in 0..5 {
            throttle.attempt(&limits, &ann, "192.0.2.1").await.unwrap();
        }
        let wait = throttle.attempt(&limits, &ann, "192.0.2.1").await.unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(30), "{wait:?}");
        throttle.attempt(&limits, &ann, "192.0.2.2").await.unwrap();
        let bob = EmailAddress::parse("bob@example.com").unwrap();
        throttle.attempt(&limits, &bob, "192.0.2.1").await.unwrap();
    }

    #[tokio::test]
    async fn many_places_together_wait_too_and_so_does_one_that_tries_many_addresses() {
        let (throttle, limits) = (Throttle::default(), LocalLimits::default());
        let ann = EmailAddress::parse("ann@example.com").unwrap();
        let mut refused = 0;
        for place in 0..40 {
            refused += i32::from(
                throttle
                    .attempt(&limits, &ann, &format!("192.0.2.{place}"))
                    .await
                    .is_err(),
            );
        }
        assert_eq!(refused, 10);
        let mut refused = 0;
        for n in 0..30 {
            let address = EmailAddress::parse(&format!("{n}@example.com")).unwrap();
            refused += i32::from(throttle.attempt(&limits, &address, "198.51.100.1").await.is_err());
        }
        assert_eq!(refused, 10);
    }

    #[tokio::test]
    async fn many_places_together_keep_nobody_out_of_where_they_were() {
        let (throttle, limits) = (Throttle::default(), LocalLimits::default());
        let ann = EmailAddress::parse("ann@example.com").unwrap();
        throttle.succeeded(&ann, "203.0.113.7");
        for place in 0..40 {
            let _ = throttle.attempt(&limits, &ann, &format!("192.0.2.{place}")).await;
        }
        assert!(throttle.attempt(&limits, &ann, "203.0.113.8").await.is_err());
        for _ in 0..5 {
            throttle.attempt(&limits, &ann, "203.0.113.7").await.unwrap();
        }
        // Not without end: it may be somebody else there.
        assert!(throttle.attempt(&limits, &ann, "203.0.113.7").await.is_err());
    }
}
