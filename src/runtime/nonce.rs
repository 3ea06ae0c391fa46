//! Nonces, which make the signature of every attempt unique.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Counts from a random start, so that the nonces of a client are unique and only the first one needs a random number.
#[derive(Debug)]
pub(super) struct Nonces {
    client: u64,
    count: AtomicU64,
}

impl Nonces {
    pub(super) fn new() -> Self {
        let (client, start) = Uuid::new_v4().as_u64_pair();
        Self {
            client,
            count: AtomicU64::new(start),
        }
    }

    /// The nonce of an attempt at `time`. The time makes nonces of forked processes differ.
    pub(super) fn next(&self, time: DateTime<Utc>) -> Uuid {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u64_pair(self.client ^ time.timestamp_micros().cast_unsigned(), count)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn nonces_are_unique_even_if_the_clock_stands_still_or_the_process_is_forked() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
        let client = Nonces::new();
        let fork = Nonces {
            client: client.client,
            count: AtomicU64::new(client.count.load(Ordering::Relaxed)),
        };
        let later = now + TimeDelta::microseconds(1);
        let mut seen = HashSet::new();
        for _ in 0..1_000 {
            assert!(seen.insert(client.next(now)));
            assert!(seen.insert(fork.next(later)));
            assert!(seen.insert(Nonces::new().next(now)));
        }
    }
}
