//! Seconds as a number with a fraction, as asyncio counts them.

use std::time::Duration;

use thiserror::Error;

use super::{Sleep, sleep};

/// No time to wait: not a number, or less than nothing.
#[derive(Clone, Copy, PartialEq, Debug, Error)]
#[error("{value} is no number of seconds")]
pub struct InvalidSeconds {
    /// What was given.
    pub value: f64,
}

/// A duration from seconds. What is more than a `Duration` can hold, infinity too, is `Duration::MAX`: for ever.
///
/// ```
/// use std::time::Duration;
/// use glassloop::seconds;
///
/// assert_eq!(seconds(0.25).unwrap(), Duration::from_millis(250));
/// assert_eq!(seconds(f64::INFINITY).unwrap(), Duration::MAX);
/// assert_eq!(seconds(f64::NAN).unwrap_err().to_string(), "NaN is no number of seconds");
/// assert_eq!(seconds(-1.5).unwrap_err().to_string(), "-1.5 is no number of seconds");
/// ```
///
/// # Errors
/// [`InvalidSeconds`], for NaN and for less than zero.
pub fn seconds(value: f64) -> Result<Duration, InvalidSeconds> {
    if value.is_nan() || value < 0.0 {
        return Err(InvalidSeconds { value });
    }
    Ok(Duration::try_from_secs_f64(value).unwrap_or(Duration::MAX))
}

/// [`sleep`] as asyncio has it: in seconds; less than zero counts as zero, and infinity never ends.
///
/// ```
/// use glassloop::sleep_secs;
///
/// glassloop::run(async {
///     sleep_secs(0.005)?.await;
///     sleep_secs(-1.0)?.await;
///     assert!(sleep_secs(f64::NAN).is_err());
///     Ok::<(), glassloop::InvalidSeconds>(())
/// })
/// .unwrap();
/// ```
///
/// # Errors
/// [`InvalidSeconds`], for NaN.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn sleep_secs(value: f64) -> Result<Sleep, InvalidSeconds> {
    let duration = if value < 0.0 { Duration::ZERO } else { seconds(value)? };
    Ok(sleep(duration))
}
