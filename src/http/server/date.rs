//! The `Date` header (RFC 9110 §6.6.1), written once a second.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use ::http::HeaderValue;

/// Remembers the text of the current second.
#[derive(Debug, Default)]
pub(super) struct DateClock {
    last: RefCell<Option<(u64, HeaderValue)>>,
}

impl DateClock {
    /// The date now; `None` if the system's clock stands before 1970 or after 9999.
    pub(super) fn now(&self) -> Option<HeaderValue> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        let mut last = self.last.borrow_mut();
        match &*last {
            Some((second, text)) if *second == now => Some(text.clone()),
            _ => {
                let text = HeaderValue::try_from(imf_fixdate(now)?).ok()?;
                *last = Some((now, text.clone()));
                Some(text)
            }
        }
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, from seconds since 1970.
fn imf_fixdate(seconds: u64) -> Option<String> {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const LAST: u64 = 253_402_300_799; // the end of 9999

    if seconds > LAST {
        return None;
    }
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (time / 3600, time / 60 % 60, time % 60);
    let weekday = DAYS[(days % 7) as usize];
    let (year, month, day) = civil(days);
    let month = MONTHS[month as usize];
    Some(format!("{weekday}, {day:02} {month} {year} {hours:02}:{minutes:02}:{seconds:02} GMT"))
}

/// Year, month (from 0) and day (from 1) of a day since 1970, in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let since_march_0000 = days + 719_468;
    let era = since_march_0000 / 146_097; // of 400 years
    let day_of_era = since_march_0000 % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = era * 400 + year_of_era + u64::from(month < 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        for (seconds, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(imf_fixdate(seconds).unwrap(), text);
        }
        assert_eq!(imf_fixdate(253_402_300_800), None);
    }
}
