//! Seconds as numbers, and sleeps without end.

use std::time::Duration;

use futures_util::future::{Either, select};
use glassloop::{InvalidSeconds, create_task, now, seconds, sleep_forever, sleep_secs, timeout, yield_now};

use crate::common::{Log, armed, at, ms, run};

#[test]
fn s03_less_than_zero_is_zero_and_zero_is_one_yield() {
    run(async {
        for value in [-1.0, -0.0, 0.0, f64::NEG_INFINITY] {
            let log = Log::default();
            let other = log.clone();
            create_task(async move {
                other.say("other");
                yield_now().await;
                other.say("later");
            })
            .detach();
            sleep_secs(value).unwrap().await;
            assert_eq!((log.take().as_str(), at(), armed()), ("other", 0, 0), "{value}");
        }
    });
}

#[test]
fn s05_nan_is_an_error_that_names_it() {
    run(async {
        let error = sleep_secs(f64::NAN).unwrap_err();
        assert!(error.value.is_nan());
        assert_eq!(error.to_string(), "NaN is no number of seconds");
        assert_eq!(now().as_nanos(), 0);
    });
}

#[test]
fn s06_infinity_never_ends_and_can_be_cancelled() {
    run(async {
        let endless = [create_task(sleep_secs(f64::INFINITY).unwrap()), create_task(sleep_forever())];
        assert!(timeout(ms(10), sleep_secs(1e300).unwrap()).await.is_err());
        let race = select(sleep_forever(), sleep_secs(0.25).unwrap()).await;
        assert!(matches!(race, Either::Right(_)));
        assert_eq!((at(), armed()), (260, 0));
        for task in endless {
            assert!(!task.is_done() && task.cancel() && task.await.is_err());
        }
    });
}

#[test]
fn a_duration_is_strict_where_a_sleep_is_not() {
    assert_eq!(seconds(1.5), Ok(ms(1500)));
    assert_eq!(seconds(-0.0), Ok(Duration::ZERO));
    assert_eq!(seconds(-2.5), Err(InvalidSeconds { value: -2.5 }));
    assert_eq!(seconds(f64::NEG_INFINITY).unwrap_err().to_string(), "-inf is no number of seconds");
    assert_eq!(seconds(f64::MAX), Ok(Duration::MAX));
    assert_eq!(seconds(5e-324), Ok(Duration::ZERO));
}
