//! Which step a run is at: the numbers of the steps, and how long each took.

use std::time::Duration;

use super::event::ResizeEventKind;
use super::step::Step;

/// The steps of a run.
#[derive(Debug)]
pub(super) struct Tracker {
    pub(super) steps: Vec<Step>,
    pub(super) done: Vec<(Step, Duration)>,
    current: Option<(Step, Duration)>,
    started: Duration,
}

impl Tracker {
    pub(super) fn new(steps: Vec<Step>, started: Duration) -> Self {
        Self {
            steps,
            done: Vec::new(),
            current: None,
            started,
        }
    }

    /// Enters a step, if it is not the current one: the events that say so. Steps before it that were found done are
    /// reported as well, so that no number is left out.
    pub(super) fn enter(
        &mut self,
        step: Step,
        is_done: &dyn Fn(Step) -> bool,
        now: Duration,
    ) -> Vec<ResizeEventKind> {
        if self.current.is_some_and(|(current, _)| current == step) {
            return Vec::new();
        }
        let mut events = self.leave(is_done, now);
        if !self.steps.contains(&step) {
            // The instance is started or restarted, whichever its state allows.
            let is_last = |step: Step| matches!(step, Step::Start | Step::Restart);
            let mut planned = self.steps.iter_mut();
            match planned.find(|planned| is_last(step) && is_last(**planned)) {
                Some(planned) => *planned = step,
                // A stop that turns out to be needed comes before the order.
                None if step == Step::Stop => self.steps.insert(0, step),
                None => self.steps.push(step),
            }
        }
        events.extend(self.pass(Some(step), is_done, now));
        events.push(self.begin(step, now));
        events
    }

    /// Leaves the last step: the events that say so, also of steps that were found done before they began.
    pub(super) fn end(
        &mut self,
        is_done: &dyn Fn(Step) -> bool,
        now: Duration,
    ) -> Vec<ResizeEventKind> {
        let mut events = self.leave(is_done, now);
        events.extend(self.pass(None, is_done, now));
        events
    }

    /// Leaves the current step; it is done if that was seen.
    fn leave(&mut self, is_done: &dyn Fn(Step) -> bool, now: Duration) -> Vec<ResizeEventKind> {
        let Some((step, since)) = self.current.take().filter(|(step, _)| is_done(*step)) else {
            return Vec::new();
        };
        let elapsed = now.saturating_sub(since);
        match self.done.iter_mut().find(|(done, _)| *done == step) {
            Some((_, before)) => *before += elapsed,
            None => self.done.push((step, elapsed)),
        }
        vec![ResizeEventKind::StepFinished { step, elapsed }]
    }

    /// The steps up to one, or all, that were found done before they began.
    fn pass(
        &mut self,
        until: Option<Step>,
        is_done: &dyn Fn(Step) -> bool,
        now: Duration,
    ) -> Vec<ResizeEventKind> {
        let ahead = self
            .steps
            .iter()
            .copied()
            .take_while(|step| Some(*step) != until);
        let passed: Vec<Step> = ahead
            .filter(|step| *step != Step::Stop && !self.is_finished(*step) && is_done(*step))
            .collect();
        let mut events = Vec::new();
        for step in passed {
            events.push(self.begin(step, now));
            events.extend(self.leave(is_done, now));
        }
        events
    }

    /// How long the current step, or the run, has taken.
    pub(super) fn since(&self, now: Duration) -> Duration {
        now.saturating_sub(self.current.map_or(self.started, |(_, since)| since))
    }

    pub(super) fn is_finished(&self, step: Step) -> bool {
        self.done.iter().any(|(done, _)| *done == step)
    }

    fn begin(&mut self, step: Step, now: Duration) -> ResizeEventKind {
        self.current = Some((step, now));
        let number = self.steps.iter().position(|known| *known == step);
        ResizeEventKind::StepStarted {
            step,
            number: number.unwrap_or_default() + 1,
            of: self.steps.len(),
        }
    }
}
