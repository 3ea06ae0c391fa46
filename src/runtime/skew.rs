//! How far this machine's clock is off, learned from the service's `Date` when it refuses a timestamp.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::{AGE, DATE};

/// A correction smaller than this would not have made the difference: signatures are good for 15 minutes.
const SIGNIFICANT: TimeDelta = TimeDelta::minutes(1);

/// The server's time less this machine's, shared by all calls of a client.
#[derive(Debug, Default)]
pub(super) struct ClockSkew {
    millis: AtomicI64,
}

impl ClockSkew {
    /// The server's time when this machine's clock shows `local`.
    pub(super) fn correct(&self, local: DateTime<Utc>) -> DateTime<Utc> {
        match self.millis.load(Ordering::Relaxed) {
            0 => local,
            skew => local
                .checked_add_signed(TimeDelta::milliseconds(skew))
                .unwrap_or(local),
        }
    }

    /// Learns from an answer that was received at `local`; whether that makes a difference to `signed`, the
    /// time that was refused.
    ///
    /// Called for refused timestamps only: a `Date` is believed no further than it is needed. Without one,
    /// a correction that has not helped is given up: this machine's own time is all that is left.
    pub(super) fn learn(
        &self,
        headers: &HeaderMap,
        local: DateTime<Utc>,
        signed: DateTime<Utc>,
    ) -> bool {
        let server = server_time(headers).unwrap_or(local);
        if (server - signed).abs() < SIGNIFICANT {
            return false;
        }
        self.millis
            .store((server - local).num_milliseconds(), Ordering::Relaxed);
        tracing::warn!(
            seconds = (server - local).num_seconds(),
            "a timestamp was refused; signing with a time that is so far from this machine's"
        );
        true
    }
}

/// The answer's `Date`, unless it comes from a cache.
fn server_time(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    if headers.contains_key(AGE) {
        return None;
    }
    parse_http_date(headers.get(DATE)?.to_str().ok()?)
}

/// A date as HTTP writes it, for instance `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim())
        .ok()
        .map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        pairs.collect()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_corrects_a_clock_that_is_off() {
        let skew = ClockSkew::default();
        let local = at("2026-01-01T13:00:00Z");
        let date = headers(&[("date", "Thu, 01 Jan 2026 12:00:00 GMT")]);
        assert!(skew.learn(&date, local, local));
        assert_eq!(skew.correct(local), at("2026-01-01T12:00:00Z"));
    }

    #[test]
    fn a_correction_that_was_refused_is_given_up_where_there_is_no_date() {
        let skew = ClockSkew::default();
        let local = at("2026-01-01T12:00:00Z");
        let lie = headers(&[("date", "Thu, 01 Jan 2015 12:00:00 GMT")]);
        assert!(skew.learn(&lie, local, local));
        assert!(
            !skew.learn(&headers(&[]), local, local),
            "another call's own time"
        );
        assert!(skew.learn(&headers(&[]), local, skew.correct(local)));
        assert_eq!(skew.correct(local), local);
    }

    #[test]
    fn a_date_that_is_cached_absent_malformed_or_no_news_is_not_believed() {
        let local = at("2026-01-01T12:00:00Z");
        for pairs in [
            &[("date", "Thu, 01 Jan 2026 15:00:00 GMT"), ("age", "7")][..],
            &[],
            &[("date", "yesterday")],
            &[("date", "Thu, 01 Jan 2026 12:00:30 GMT")],
        ] {
            let skew = ClockSkew::default();
            assert!(!skew.learn(&headers(pairs), local, local), "{pairs:?}");
            assert_eq!(skew.correct(local), local);
        }
    }
}
