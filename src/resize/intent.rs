//! The settings of a resize that decide what a run does.

use std::fmt;
use std::time::Duration;

use super::settings::{Resize, Restart, StopPolicy};
use super::step::Step;

/// The settings that decide.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Intent {
    pub(super) restart: Restart,
    /// Why the instance must not be stopped, if it must not.
    pub(super) no_stop: Option<NoStop>,
    pub(super) stop_first: bool,
    pub(super) stop_again: bool,
    pub(super) force_stop_after: Option<Duration>,
    pub(super) restart_on_failure: bool,
    /// An upgrade is not paid at once.
    pub(super) pay_later: bool,
    pub(super) has_max_price: bool,
    /// The client token may have been used by an earlier run whose key is not known.
    pub(super) own_token: bool,
    pub(super) poll_interval: Duration,
    /// When the run ends, on the steady clock.
    pub(super) deadline: Duration,
}

impl Intent {
    pub(super) fn new(resize: &Resize, started: Duration) -> Self {
        Self {
            restart: match resize.reboot_time {
                Some(time) => Restart::At(time.to_datetime()),
                None => resize.restart,
            },
            no_stop: resize.no_stop(),
            stop_first: resize.stop_first,
            stop_again: resize.stop_again,
            force_stop_after: resize.force_stop_after,
            restart_on_failure: resize.restart_on_failure,
            pay_later: resize.auto_pay == Some(false),
            has_max_price: resize.max_price.is_some(),
            own_token: resize.own_token,
            poll_interval: resize.poll_interval,
            deadline: started.saturating_add(resize.timeout),
        }
    }
}

impl Resize {
    /// Why the settings do not allow to stop the instance, if they do not.
    pub(super) fn no_stop(&self) -> Option<NoStop> {
        match (self.stop_policy, self.restart) {
            (StopPolicy::Deny, _) => Some(NoStop::Denied),
            (_, Restart::Never) => Some(NoStop::NoRestart),
            (_, Restart::At(_)) => Some(NoStop::RestartAtTime),
            (StopPolicy::Allow, Restart::WhenNeeded) => None,
        }
    }
}

/// Why the instance must not be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoStop {
    Denied,
    NoRestart,
    RestartAtTime,
    /// A user had stopped the instance, and has started it since.
    UserRestarted,
    /// A user has started the instance after the resize had stopped it.
    StartedByUser,
    /// The stop was accepted, and the instance runs: a user may have started it.
    MayBeStartedByUser,
}

impl fmt::Display for NoStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denied => "the setting stop_policy is Deny: stop it yourself, or allow the stop",
            Self::NoRestart => "the setting restart is Never: stop it yourself, or allow a restart",
            Self::RestartAtTime => "the setting restart is At: stop it yourself, or use WhenNeeded",
            Self::UserRestarted => {
                "a user who had stopped it has started it since: stop it yourself, or set stop_again"
            }
            Self::StartedByUser => {
                "a user has started it after the resize had stopped it: stop it yourself, or set stop_again"
            }
            Self::MayBeStartedByUser => {
                "it runs although its stop was accepted, so that a user may have started it: stop it yourself, or set \
                 stop_again"
            }
        })
    }
}

/// What changes the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Order,
    Stop,
    /// Cuts the power.
    ForceStop,
    Start,
    Restart,
}

impl Command {
    pub(super) fn step(self) -> Step {
        match self {
            Self::Order => Step::Order,
            Self::Stop | Self::ForceStop => Step::Stop,
            Self::Start => Step::Start,
            Self::Restart => Step::Restart,
        }
    }

    /// What is being done, for errors.
    pub(super) fn doing(self) -> &'static str {
        match self {
            Self::Order => "placing the order",
            Self::Stop | Self::ForceStop => "stopping the instance",
            Self::Start => "starting the instance",
            Self::Restart => "restarting the instance",
        }
    }
}
