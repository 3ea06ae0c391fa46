//! The offset of this machine's clock, learned from the `Date` of responses that reject a timestamp.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::{AGE, DATE};

/// A smaller correction cannot have been the reason for the rejection: signatures are valid for 15 minutes.
const SIGNIFICANT: TimeDelta = TimeDelta::minutes(1);

/// The server's time minus this machine's. The calls of a client and its default credentials share it.
#[derive(Debug, Default)]
pub(crate) struct ClockSkew {
    millis: AtomicI64,
}

impl ClockSkew {
    /// The server's time when the local time is `local`.
    pub(crate) fn correct(&self, local: DateTime<Utc>) -> DateTime<Utc> {
        match self.millis.load(Ordering::Relaxed) {
            0 => local,
            skew => local
                .checked_add_signed(TimeDelta::milliseconds(skew))
                .unwrap_or(local),
        }
    }

    /// Learns from a response that was received at `local` and rejected the time `signed`. Returns whether a new attempt
    /// would be signed with another time.
    ///
    /// It is called for rejected timestamps only, so that a wrong `Date` does no harm otherwise. Without a `Date`, a
    /// correction that was rejected is dropped and the local time is used again.
    pub(crate) fn learn(
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
            "timestamp rejected: requests are signed with a time that differs from the local clock by this many seconds"
        );
        true
    }
}

/// The `Date` of the response, unless it comes from a cache.
fn server_time(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    if headers.contains_key(AGE) {
        return None;
    }
    parse_http_date(headers.get(DATE)?.to_str().ok()?)
}

/// Parses a date as HTTP writes it, for instance `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
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
    fn a_date_corrects_a_wrong_clock() {
        let skew = ClockSkew::default();
        let local = at("2026-01-01T13:00:00Z");
        let date = headers(&[("date", "Thu, 01 Jan 2026 12:00:00 GMT")]);
        assert!(skew.learn(&date, local, local));
        assert_eq!(skew.correct(local), at("2026-01-01T12:00:00Z"));
    }

    #[test]
    fn a_rejected_correction_is_dropped_without_a_date() {
        let skew = ClockSkew::default();
        let local = at("2026-01-01T12:00:00Z");
        let wrong = headers(&[("date", "Thu, 01 Jan 2015 12:00:00 GMT")]);
        assert!(skew.learn(&wrong, local, local));
        assert!(
            !skew.learn(&headers(&[]), local, local),
            "another call used the local time"
        );
        assert!(skew.learn(&headers(&[]), local, skew.correct(local)));
        assert_eq!(skew.correct(local), local);
    }

    #[test]
    fn a_date_that_is_cached_absent_malformed_or_close_is_not_used() {
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
