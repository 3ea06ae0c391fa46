//! An ECS endpoint in this process that verifies signatures and follows the documented rules.
//!
//! It listens on the loopback interface, serves `ModifyPrepayInstanceSpec` and the operations around it, has its own
//! time, and fails on demand. Every rule comes from the documentation of the service. Where the documentation does not
//! specify a rule, a comment in the source states the choice.
//!
//! The [guide](crate::guide::testing) begins with a first test.

mod admin;
mod builder;
mod clock;
mod control;
mod disk;
mod errors;
mod faults;
mod fleet;
mod gateway;
mod instance;
mod instance_type;
mod journal;
mod lifecycle;
mod operations;
mod orders;
mod request;
mod response;
mod server;
mod verify;
mod world;

use std::fmt;
use std::time::Duration;

pub use self::builder::SimulatorBuilder;
pub use self::clock::FastClock;
pub use self::disk::SimulatedDisk;
pub use self::faults::Fault;
pub use self::instance::{InstanceStatus, SimulatedInstance};
pub use self::instance_type::{SimulatedImage, SimulatedInstanceType};
pub use self::journal::ReceivedRequest;
pub use self::orders::{OrderKind, OrderStatus, SimulatedOrder};
pub use self::request::ReceivedSignature;

use crate::{Client, ClientBuilder, Credentials};

use self::server::Server;
use self::world::Shared;

/// The timeouts of clients of a fast simulator, in real time.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
const TIMEOUT: Duration = Duration::from_secs(60);

/// A running simulator. It stops when it is dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
/// use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
///
/// let simulator = Simulator::start().await;
/// simulator.add_instance(SimulatedInstance::new("i-test", "ecs.g5.large"));
/// let client = simulator.client_builder().build()?;
///
/// let request = ModifyPrepayInstanceSpecRequest::builder("i-test", "ecs.g5.xlarge").build()?;
/// client.modify_prepay_instance_spec(request).await?;
///
/// assert_eq!(simulator.orders()[0].to_type(), "ecs.g5.xlarge");
/// assert!(simulator.requests().iter().all(|request| request.verified()));
/// # Ok(())
/// # }
/// ```
pub struct Simulator {
    endpoint: String,
    security_token: Option<String>,
    shared: Shared,
    _server: Server,
}

impl Simulator {
    /// Starts a simulator of the region `cn-hangzhou` on a free loopback port.
    ///
    /// # Panics
    ///
    /// If the machine has no free loopback port. [`SimulatorBuilder::start`] returns that as an error.
    #[allow(
        clippy::panic,
        reason = "documented, and only for tests: the builder returns the error"
    )]
    pub async fn start() -> Self {
        match SimulatorBuilder::default().start().await {
            Ok(simulator) => simulator,
            Err(error) => panic!("failed to start the simulator: {error}"),
        }
    }

    /// Returns a builder with the defaults.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// The endpoint: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The credentials that it accepts, with the security token if one was set.
    pub fn credentials(&self) -> Credentials {
        let credentials = Credentials::new(self.access_key_id(), self.access_key_secret());
        match self.security_token() {
            Some(token) => credentials.with_security_token(token),
            None => credentials,
        }
    }

    /// Returns a builder for a client of this simulator, with its endpoint, region and credentials.
    ///
    /// If the simulator runs at a [`speed`](SimulatorBuilder::speed), the client's clock does too, and the timeouts are
    /// longer by the same factor, so that they have their default length in real time.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
    /// use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    ///
    /// let simulator = Simulator::start().await;
    /// simulator.add_instance(SimulatedInstance::new("i-test", "ecs.g5.large").running());
    /// let client = simulator.client_builder().build()?;
    /// let request = ModifyPrepayInstanceSpecRequest::builder("i-test", "ecs.g5.xlarge").build()?;
    /// let response = client.modify_prepay_instance_spec(request).await?;
    /// assert_eq!(response.order_id.as_deref(), Some(simulator.orders()[0].order_id()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_builder(&self) -> ClientBuilder {
        let speed = self.shared.lock().settings.speed;
        let builder = Client::builder()
            .endpoint(self.endpoint())
            .region(self.region())
            .credentials(self.credentials());
        match speed {
            0 | 1 => builder,
            speed => builder
                .clock(FastClock::new(speed))
                .attempt_timeout(ATTEMPT_TIMEOUT.saturating_mul(speed))
                .timeout(TIMEOUT.saturating_mul(speed)),
        }
    }

    /// The region of all instances.
    pub fn region(&self) -> String {
        self.shared.lock().region_id.clone()
    }

    /// The only access key id that it accepts.
    pub fn access_key_id(&self) -> &str {
        verify::ACCESS_KEY_ID
    }

    /// The secret of that access key. It is only valid for a simulator.
    pub fn access_key_secret(&self) -> &str {
        verify::ACCESS_KEY_SECRET
    }

    /// The security token that requests must carry, if one was set.
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
