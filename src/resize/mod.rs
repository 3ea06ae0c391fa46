//! The whole change of type, not one call of it: plan, price, stop, order, wait, restart, verify.
//!
//! The [guide](crate::guide::resize) shows how to run one, and how to go on with it after a crash.
//!
//! ```no_run
//! use aliyun_ecs::{Client, Resize};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::from_env()?;
//! let resize = Resize::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge").build()?;
//! println!("{}", client.plan_resize(&resize).await?);
//! let report = client.resize(&resize, |event| println!("{event}")).await?;
//! println!("{report}");
//! # Ok(())
//! # }
//! ```

mod assess;
mod builder;
mod checks;
mod error;
mod event;
mod families;
mod key;
mod plan;
mod poll;
mod quote;
mod read;
mod recover;
mod run;
mod settings;
mod step;
mod target;
mod turn;

pub use builder::ResizeBuilder;
pub use checks::{Check, CheckKind, CheckResult};
pub use error::{OrderState, Progress, Recovery, ResizeError, ResizeErrorKind};
pub use event::{Completion, ResizeEvent, ResizeReport};
pub use key::ResumeKey;
pub use plan::ResizePlan;
pub use quote::Quote;
pub use settings::{Resize, Restart, StopPolicy};
pub use step::{Direction, Step};

use crate::client::Client;
use key::{Before, Power};

impl Resize {
    fn key(&self, client: &Client, before: Before) -> ResumeKey {
        ResumeKey {
            instance_id: self.instance_id.clone(),
            region_id: self.region_id.as_ref().unwrap_or(client.region()).clone(),
            to: self.instance_type.clone(),
            token: self.client_token.clone(),
            before,
        }
    }

    fn before(&self) -> Option<Before> {
        self.resume.as_ref().map(|key| key.before.clone())
    }

    /// Why the instance may not be stopped, if it may not.
    fn no_stop(&self, before: &Before) -> Option<&'static str> {
        match (self.stop_policy, self.restart) {
            _ if before.power == Power::Stopped => {
                Some("its owner, who had stopped it, has started it since")
            }
            (StopPolicy::Deny, _) => {
                Some("stopping it is not allowed: stop it yourself, or allow it")
            }
            (_, Restart::Never) => {
                Some("it is not to be restarted: stop it yourself, or allow a restart")
            }
            (_, Restart::At(_)) => {
                Some("it is to be restarted at a set time only: stop it yourself, or allow it now")
            }
            (StopPolicy::Allow, Restart::WhenNeeded) => None,
        }
    }
}

impl Client {
    /// Looks at everything that a resize depends on, and changes nothing.
    ///
    /// Show the plan to whoever decides: its `Display` says what would be done, what it costs and what it means.
    ///
    /// # Errors
    ///
    /// What cannot work is refused with its [`kind`](ResizeError::kind).
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
        plan::plan(self, resize).await
    }

    /// Changes the type of an instance, all the way until it is in effect.
    ///
    /// Each turn looks at the instance and takes the next step, so that calling this again with the same
    /// [`Resize`] after a failure, or in another process with one built with
    /// [`resume`](ResizeBuilder::resume), goes on where it was, and orders once. `on_event` hears of every step;
    /// keep the key of the first event, and each that [follows it](ResizeEvent::KeyChanged), to be able to resume
    /// after a crash. Do not run the same resize twice at a time.
    ///
    /// The new type counts as in effect only once the instance was seen to start after it showed that type.
    ///
    /// Dropping the future stops at the next wait, wherever the instance is then; resume to finish.
    ///
    /// # Errors
    ///
    /// [`ResizeError::progress`] says what was done, whether there is an order, and holds the key to resume. After a
    /// failure, an instance that the resize has stopped is started again, for which the call takes about 2 minutes
    /// longer than its [`timeout`](ResizeBuilder::timeout). It stays stopped while an order is being carried out, which
    /// a start could miss; [`Progress::recovery`] and the error's text say so.
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
    /// let report = client.resize(&resize, |event| println!("{event}")).await?;
    /// assert_eq!(report.completion(), Completion::InEffect);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn resize(
        &self,
        resize: &Resize,
        on_event: impl FnMut(&ResizeEvent) + Send,
    ) -> Result<ResizeReport, ResizeError> {
        run::run(self, resize, on_event).await
    }
}
