//! How far this machine's clock is off, learned from the `Date` of a response that rejects a timestamp.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::{AGE, DATE};

/// A smaller correction makes no difference: the service accepts signing times that are up to 15 minutes off.
const SIGNIFICANT: TimeDelta = TimeDelta::minutes(1);
/// Larger corrections are rejected. A gateway or an attacker on the network path can change `Date`, so its effect on
/// the signing time of an order must be bounded.
const MAX_SKEW: TimeDelta = TimeDelta::hours(24);

/// The service's time minus this machine's, shared by all calls of a client.
#[derive(Debug, Default)]
pub(crate) struct ClockSkew {
    millis: AtomicI64,
}

/// The effect of a response that rejected a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SkewUpdate {
    /// The signing time stays: the response has no usable `Date`.
    Unchanged,
    /// The signing time was corrected: the next attempt may be accepted.
    Corrected,
    /// The clock is off by more than the maximum correction.
    TooFar(TimeDelta),
}

impl ClockSkew {
    /// The service's time when this machine's clock shows `local`.
    pub(crate) fn correct(&self, local: DateTime<Utc>) -> DateTime<Utc> {
        match self.millis.load(Ordering::Relaxed) {
            0 => local,
            skew => local
                .checked_add_signed(TimeDelta::milliseconds(skew))
                .unwrap_or(local),
        }
    }

    /// Learns from a response that was received at `local` and rejected the signing time `signed`.
    ///
    /// Called for rejected timestamps only, so `Date` has no influence otherwise. If the response has no `Date`, a
    /// correction that did not help is reverted to this machine's own time.
    pub(crate) fn learn(
        &self,
        headers: &HeaderMap,
        local: DateTime<Utc>,
        signed: DateTime<Utc>,
    ) -> SkewUpdate {
        let server = server_time(headers).unwrap_or(local);
        let skew = server - local;
        if skew.abs() > MAX_SKEW {
            return SkewUpdate::TooFar(skew);
        }
        if (server - signed).abs() < SIGNIFICANT {
            return SkewUpdate::Unchanged;
        }
        self.millis
            .store(skew.num_milliseconds(), Ordering::Relaxed);
        tracing::warn!(
            skew_seconds = skew.num_seconds(),
            "timestamp rejected: correcting the signing time by the response's Date"
        );
        SkewUpdate::Corrected
    }
}

/// The `Date` of a response, unless the response comes from a cache.
fn server_time(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    if headers.contains_key(AGE) {
        return None;
    }
    parse_http_date(headers.get(DATE)?.to_str().ok()?)
}

/// Parses a date of HTTP, for instance `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim())
        .ok()
        .map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(DATE, text.parse().unwrap())])
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_corrects_a_clock_that_is_off() {
        let skew = ClockSkew::default();
        let local = at("2026-01-01T13:00:00Z");
        let headers = date("Thu, 01 Jan 2026 12:00:00 GMT");
        assert_eq!(skew.learn(&headers, local, local), SkewUpdate::Corrected);
        assert_eq!(skew.correct(local), at("2026-01-01T12:00:00Z"));
    }

    #[test]
    fn a_date_moves_the_signing_time_by_at_most_24_hours() {
        let skew = ClockSkew::default();
        let local = at("2026-01-02T12:00:00Z");
        for (text, expected) in [
            (
                "Thu, 01 Jan 2026 11:59:59 GMT",
                SkewUpdate::TooFar(TimeDelta::seconds(-86_401)),
            ),
            (
                "Sat, 03 Jan 2026 12:00:01 GMT",
                SkewUpdate::TooFar(TimeDelta::seconds(86_401)),
            ),
            (
                "Thu, 01 Jan 2015 12:00:00 GMT",
                SkewUpdate::TooFar(TimeDelta::days(-4_019)),
            ),
        ] {
            assert_eq!(skew.learn(&date(text), local, local), expected);
            assert_eq!(skew.correct(local), local, "nothing was corrected");
        }
        let edge = date("Thu, 01 Jan 2026 12:00:00 GMT");
        assert_eq!(skew.learn(&edge, local, local), SkewUpdate::Corrected);
        // A second correction cannot exceed the maximum either.
        let further = date("Thu, 01 Jan 2026 00:00:00 GMT");
        let signed = skew.correct(local);
        assert_eq!(
            skew.learn(&further, local, signed),
            SkewUpdate::TooFar(TimeDelta::hours(-36))
        );
        assert_eq!(skew.correct(local), signed);
    }

    #[test]
    fn a_correction_that_was_rejected_is_undone_if_there_is_no_date() {
        let skew = ClockSkew::default();
        let local = at("2026-01-01T12:00:00Z");
        let wrong = date("Thu, 01 Jan 2026 02:00:00 GMT");
        assert_eq!(skew.learn(&wrong, local, local), SkewUpdate::Corrected);
        let none = HeaderMap::new();
        assert_eq!(
            skew.learn(&none, local, local),
            SkewUpdate::Unchanged,
            "another call's own time"
        );
        assert_eq!(
            skew.learn(&none, local, skew.correct(local)),
            SkewUpdate::Corrected
        );
        assert_eq!(skew.correct(local), local);
    }

    #[test]
    fn a_date_that_is_cached_missing_malformed_or_close_to_the_signing_time_is_ignored() {
        let local = at("2026-01-01T12:00:00Z");
        let mut cached = date("Thu, 01 Jan 2026 15:00:00 GMT");
        cached.insert(AGE, "7".parse().unwrap());
        for headers in [
            cached,
            HeaderMap::new(),
            date("yesterday"),
            date("Thu, 01 Jan 2026 12:00:30 GMT"),
        ] {
            let skew = ClockSkew::default();
            assert_eq!(
                skew.learn(&headers, local, local),
                SkewUpdate::Unchanged,
                "{headers:?}"
            );
            assert_eq!(skew.correct(local), local);
        }
    }
}
