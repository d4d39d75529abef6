//! Guessing passwords is slowed down: for each address from each place, for each address from everywhere, and for each place.
//! Nobody is locked out for good: whoever waits may try again.

use std::time::Duration;

use super::email::EmailAddress;
use super::opaque;
use crate::presence::gcra::Window;
use crate::presence::limits::Limits;

const HERE: Window = Window::new("sign-in", 2, MINUTE, 5);
const EVERYWHERE: Window = Window::new("sign-in-account", 10, MINUTE, 30);
const PLACE: Window = Window::new("sign-in-place", 10, MINUTE, 20);
const MINUTE: Duration = Duration::from_secs(60);

/// Counts an attempt to sign in, or to sign up.
///
/// # Errors
/// How long to wait, when there were too many.
pub async fn attempt(limits: &dyn Limits, email: &EmailAddress, place: &str) -> Result<(), Duration> {
    // The address itself stays out of what is shared.
    let account = opaque::hash(email.as_str());
    let account = &account[..32];
    for (key, window) in [
        (format!("sign-in:{place}"), PLACE),
        (format!("sign-in:{account}:{place}"), HERE),
        (format!("sign-in:{account}"), EVERYWHERE),
    ] {
        let decision = limits.spend(&key, &[window]).await;
        if !decision.is_allowed {
            return Err(decision.retry_after());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presence::limits::LocalLimits;

    #[tokio::test]
    async fn the_sixth_guess_from_one_place_waits_and_other_places_do_not() {
        let limits = LocalLimits::default();
        let ann = EmailAddress::parse("ann@example.com").unwrap();
        for _ in 0..5 {
            attempt(&limits, &ann, "192.0.2.1").await.unwrap();
        }
        let wait = attempt(&limits, &ann, "192.0.2.1").await.unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(30), "{wait:?}");
        attempt(&limits, &ann, "192.0.2.2").await.unwrap();
        let bob = EmailAddress::parse("bob@example.com").unwrap();
        attempt(&limits, &bob, "192.0.2.1").await.unwrap();
    }

    #[tokio::test]
    async fn many_places_together_wait_too_and_so_does_one_that_tries_many_addresses() {
        let limits = LocalLimits::default();
        let ann = EmailAddress::parse("ann@example.com").unwrap();
        let mut refused = 0;
        for place in 0..40 {
            refused += i32::from(attempt(&limits, &ann, &format!("192.0.2.{place}")).await.is_err());
        }
        assert_eq!(refused, 10);
        let mut refused = 0;
        for n in 0..30 {
            let address = EmailAddress::parse(&format!("{n}@example.com")).unwrap();
            refused += i32::from(attempt(&limits, &address, "198.51.100.1").await.is_err());
        }
        assert_eq!(refused, 10);
    }
}
