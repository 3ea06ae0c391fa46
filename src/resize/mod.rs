//! The whole change of type: plan, price, stop, order, wait, restart, verify.
//!
//! The [guide](crate::guide::resize) shows how to run one, and how to resume it after a crash.
//!
//! ```no_run
//! use aliyun_ecs::{Client, Resize};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::from_env()?;
//! let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
//! let plan = client.plan_resize(&resize).await?;
//! println!("{plan}");
//! let report = client.resize(plan.accept()?).await?;
//! println!("{report}");
//! # Ok(())
//! # }
//! ```

mod action;
mod after_change;
mod before_change;
mod builder;
mod calls;
mod cancel;
mod checks;
#[cfg(test)]
mod decision_tests;
mod driver;
mod error;
mod error_kind;
mod event;
mod evidence;
mod facts;
mod families;
mod fleet;
mod hardware;
mod intent;
#[cfg(feature = "serde")]
mod json;
mod key;
mod memory;
#[cfg(test)]
mod model;
mod observe;
mod observed;
mod plan;
mod plan_text;
#[cfg(test)]
mod player;
mod polling;
mod prepare;
mod quote;
mod read;
mod record;
mod report;
mod run;
#[cfg(test)]
mod schedules;
mod settings;
mod situation;
mod state;
mod step;
mod target;
mod terms;
mod tracker;
#[cfg(test)]
mod witness;

pub use builder::ResizeBuilder;
pub use cancel::CancelHandle;
pub use checks::{Check, CheckKind, CheckResult};
pub use error::{OrderState, Progress, Recovery, ResizeError};
pub use error_kind::ResizeErrorKind;
pub use event::{ResizeEvent, ResizeEventKind};
pub use fleet::{FleetEvent, FleetOptions, FleetReport, FleetRun, MaxFailures};
pub use key::ResumeKey;
pub use plan::ResizePlan;
pub use quote::Quote;
pub use report::{Completion, ResizeReport};
pub use run::ResizeRun;
pub use settings::{Resize, Restart, StopPolicy};
pub use step::{Direction, Step};

use crate::client::Client;

impl Client {
    /// Reads everything that a resize depends on, and changes nothing.
    ///
    /// Show the plan to the person who decides: its `Display` lists the steps, the price and the interruption.
    ///
    /// # Errors
    ///
    /// There is no such instance, or a required read failed: see the [`kind`](ResizeError::kind). For a change that
    /// cannot work, a check of the plan [blocks](ResizePlan::is_blocked) it instead.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::Resize;
    /// use aliyun_ecs::resize::Step;
    ///
    /// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
    /// let plan = client.plan_resize(&resize).await?;
    /// assert_eq!(plan.steps(), [Step::Order, Step::AwaitChange, Step::Restart]);
    /// # assert!(simulator.orders().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn plan_resize(&self, resize: &Resize) -> Result<ResizePlan, ResizeError> {
        prepare::plan(self, resize).await
    }

    /// Changes the type of an instance, all the way until it is in effect.
    ///
    /// The run polls the instance and takes one step after the other: a stop where the change needs it, the order, and
    /// a restart or start. It sends nothing until it is polled. Awaiting it returns the result; a loop over
    /// [`next`](ResizeRun::next) also receives the events, each with the key to resume from there in another process.
    /// Do not run the same resize twice at the same time. To continue a run that did not finish, [resume](Resize::resume)
    /// from its last key: the same resize without the key orders nothing twice, but it does not start an instance that
    /// the first run stopped, and may not restart one that the first run ordered for.
    ///
    /// The new type counts as in effect only once the instance was seen to start after it showed that type.
    ///
    /// # Errors
    ///
    /// A run that cannot read the instance, what it can become, or the price before its first event retries for 5 minutes,
    /// and fails with the [error of the call](ResizeErrorKind::Call): nothing was changed, so run it again later. It
    /// retries until its [`timeout`](ResizeBuilder::timeout) where the rate of the client or of the service delays the
    /// requests. So does a run that is resumed from a key that [may have changed](ResumeKey::may_have_changed) the
    /// instance: it may have to start the instance again.
    ///
    /// [`ResizeError::progress`] says what was done, whether there is an order, and holds the key to resume. After a
    /// failure the run starts an instance again that it has stopped, or waits for its restart, which may take 2 minutes
    /// more than the [`timeout`](ResizeBuilder::timeout); [`Progress::recovery`] and the error's text say how that ended.
    ///
    /// # Example
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use aliyun_ecs::simulator::{FastClock, SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::builder().transition(Duration::from_millis(20)).start().await?;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator
    /// #     .client_builder()
    /// #     .clock(FastClock::new(100))
    /// #     .attempt_timeout(Duration::from_secs(1_500))
    /// #     .timeout(Duration::from_secs(6_000))
    /// #     .build()?;
    /// use aliyun_ecs::Resize;
    /// use aliyun_ecs::resize::Completion;
    ///
    /// let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
    /// let report = client.resize(resize).await?;
    /// assert_eq!(report.completion(), Completion::InEffect);
    /// # Ok(())
    /// # }
    /// ```
    pub fn resize(&self, resize: Resize) -> ResizeRun {
        let client = self.clone();
        ResizeRun::new(resize, |resize, events, cancel| {
            driver::drive(client, resize, events, cancel)
        })
    }
}
