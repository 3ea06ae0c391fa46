//! What a worker prints: on a terminal, one line for each phase and a total; elsewhere, a line of JSON for each event.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use aliyun_ecs::resize::ResizeEvent;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::json;

use crate::Error;
use crate::lines::Lines;
use crate::rows::{Claim, Count, Ended};

/// How many lines wait at most for a reader: some megabytes.
const MAX_LINES: usize = 10_000;

#[derive(Debug)]
pub(crate) enum Output {
    Terminal(Terminal),
    Lines(Lines),
}

#[derive(Debug)]
pub(crate) struct Terminal {
    bars: MultiProgress,
    total: ProgressBar,
    phases: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Output {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(match io::stderr().is_terminal() {
            true => Self::Terminal(Terminal::new()),
            false => Self::Lines(Lines::new(io::stdout(), MAX_LINES)?),
        })
    }

    pub(crate) fn event(&self, event: &ResizeEvent) {
        if let Self::Lines(lines) = self {
            lines.send(json!({
                "event": event.kind().as_str(),
                "instance_id": event.instance_id().as_str(),
                "message": event.to_string(),
            }));
        }
    }

    pub(crate) fn ended(&self, claim: &Claim, ended: &Ended) {
        match self {
            Self::Lines(lines) => lines.send(json!({
                "event": "ended",
                "instance_id": claim.instance_id,
                "state": ended.state,
                "outcome": ended.outcome,
                "message": ended.message,
            })),
            Self::Terminal(terminal) if ended.state != "done" => terminal.print(&ended.message),
            Self::Terminal(_) => {}
        }
    }

    /// Another worker runs this job now.
    pub(crate) fn lost(&self, claim: &Claim) {
        match self {
            Self::Lines(lines) => {
                lines.send(json!({"event": "lost", "instance_id": claim.instance_id}))
            }
            Self::Terminal(terminal) => terminal.print(&format!(
                "another worker has taken over {}",
                claim.instance_id
            )),
        }
    }

    pub(crate) fn problem(&self, message: &str) {
        match self {
            Self::Lines(lines) => lines.send(json!({"event": "problem", "message": message})),
            Self::Terminal(terminal) => terminal.print(message),
        }
    }

    pub(crate) fn metrics(&self, address: SocketAddr) {
        match self {
            Self::Lines(lines) => {
                lines.send(json!({"event": "metrics", "address": address.to_string()}))
            }
            Self::Terminal(terminal) => {
                terminal.print(&format!("metrics: http://{address}/metrics"))
            }
        }
    }

    pub(crate) fn counts(&self, counts: &[Count]) {
        if let Self::Terminal(terminal) = self {
            terminal.show(counts);
        }
    }

    /// Waits until all is printed.
    pub(crate) fn close(&self) {
        match self {
            Self::Lines(lines) => lines.close(),
            Self::Terminal(terminal) => terminal.total.abandon(),
        }
    }
}

impl Terminal {
    fn new() -> Self {
        let bars = MultiProgress::new();
        let total = bars.add(ProgressBar::new(0));
        if let Ok(style) =
            ProgressStyle::with_template("{prefix:>16} {wide_bar} {pos}/{len} {elapsed}")
        {
            total.set_style(style);
        }
        total.set_prefix("ended");
        Self {
            bars,
            total,
            phases: Mutex::default(),
        }
    }

    fn print(&self, message: &str) {
        let _ = self.bars.println(message);
    }

    fn show(&self, counts: &[Count]) {
        let shown = phases(counts);
        let all: u64 = counts.iter().map(|count| count.jobs).sum();
        self.total.set_length(all);
        self.total.set_position(
            counts
                .iter()
                .filter(|count| count.state != "open")
                .map(|count| count.jobs)
                .sum(),
        );
        let mut bars = self.phases.lock().unwrap_or_else(PoisonError::into_inner);
        for (phase, jobs) in &shown {
            let bar = bars.entry(phase.clone()).or_insert_with(|| {
                let bar = self.bars.insert_before(&self.total, ProgressBar::new(0));
                if let Ok(style) = ProgressStyle::with_template("{prefix:>16} {wide_bar} {pos}") {
                    bar.set_style(style);
                }
                bar.set_prefix(phase.clone());
                bar
            });
            bar.set_length(all);
            bar.set_position(*jobs);
        }
        for (phase, bar) in bars.iter() {
            if !shown.contains_key(phase) {
                bar.set_position(0);
            }
        }
    }
}

/// The number of jobs in each phase, or in each state where they have ended.
pub(crate) fn phases(counts: &[Count]) -> BTreeMap<String, u64> {
    let mut phases = BTreeMap::new();
    for count in counts {
        let phase = if count.state == "open" {
            &count.phase
        } else {
            &count.state
        };
        *phases.entry(phase.clone()).or_default() += count.jobs;
    }
    phases
}
