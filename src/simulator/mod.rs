//! An ECS endpoint in this process that verifies signatures and plays the documented rules.
//!
//! It listens on the loopback interface only, answers `ModifyPrepayInstanceSpec` and the
//! operations that go along with it, keeps its own clock, and can be told what goes wrong next. Every rule is
//! the documentation's; where that is silent, a comment in the source says what was chosen.
//!
//! The [guide](crate::guide::testing) begins with a first test.

mod clock;
mod errors;
mod faults;
mod instance_types;
mod instances;
mod modification;
mod orders;
mod power;
mod price;
mod regions;
mod request;
mod response;
mod state;
mod verify;

use chrono::TimeDelta;
use rust_decimal::Decimal;
use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;
use wiremock::{Mock, MockServer, MockServerBuilder, Request, Respond, ResponseTemplate};

pub use self::clock::FastClock;
pub use self::faults::Fault;
pub use self::orders::{OrderKind, SimulatedOrder};
pub use self::request::{ReceivedRequest, ReceivedSignature};
pub use self::state::{InstanceStatus, SimulatedInstance, SimulatedInstanceType};

use crate::{Client, ClientBuilder, Credentials};

use self::orders::Payment;
use self::request::Incoming;
use self::response::{Format, Outcome};
use self::state::{Shared, State, time_delta};

/// A running simulator; it stops when it is dropped.
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
    region_id: String,
    security_token: Option<String>,
    shared: Shared,
    _server: MockServer,
}

impl Simulator {
    /// Starts a simulator of the region `cn-hangzhou` on a free loopback port.
    ///
    /// # Panics
    ///
    /// If the machine has no free loopback port; [`SimulatorBuilder::start`] returns that as an error.
    pub async fn start() -> Self {
        SimulatorBuilder::default()
            .serve(MockServer::builder())
            .await
    }

    /// Starts to set up a simulator.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The key pair that it knows, with its security token if one was set.
    pub fn credentials(&self) -> Credentials {
        let (id, secret) = (self.access_key_id(), self.access_key_secret());
        match self.security_token() {
            Some(token) => Credentials::with_security_token(id, secret, token),
            None => Credentials::new(id, secret),
        }
    }

    /// A client set up for this simulator: its endpoint, region and key pair.
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
    /// assert_eq!(response.order_id(), Some(simulator.orders()[0].order_id()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder()
            .endpoint(self.endpoint())
            .region(self.region_id.clone())
            .credentials(self.credentials())
    }

    /// The only access key id that it knows.
    pub fn access_key_id(&self) -> &str {
        verify::ACCESS_KEY_ID
    }

    /// The secret of that access key; it opens nothing but a simulator.
    pub fn access_key_secret(&self) -> &str {
        verify::ACCESS_KEY_SECRET
    }

    /// The security token that requests must carry, if one was set.
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// Adds an instance to the simulator's region; it replaces one with the same id.
    pub fn add_instance(&self, instance: SimulatedInstance) {
        let mut instance = instance;
        let mut state = self.shared.lock();
        let a_month_ago = state.now().checked_sub_days(chrono::Days::new(30));
        instance.start_time = instance.start_time.or(a_month_ago);
        state
            .instances
            .insert(instance.instance_id.clone(), instance);
    }

    /// An instance as it is now.
    pub fn instance(&self, instance_id: &str) -> Option<SimulatedInstance> {
        self.shared.lock().instances.get(instance_id).cloned()
    }

    /// Adds an instance type; it replaces one with the same name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use aliyun_ecs::simulator::Simulator;
    ///
    /// let simulator = Simulator::start().await;
    /// simulator.add_instance_type("ecs.g9.large", 2, 8);
    /// assert!(simulator.instance_types().iter().any(|it| it.name() == "ecs.g9.large"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_instance_type(&self, name: impl Into<String>, vcpus: u32, memory_gib: u32) {
        self.shared.lock().add_type(name.into(), vcpus, memory_gib);
    }

    /// The known instance types, by name.
    pub fn instance_types(&self) -> Vec<SimulatedInstanceType> {
        self.shared.lock().types.values().cloned().collect()
    }

    /// From now on this type is out of stock.
    pub fn sold_out(&self, instance_type: impl Into<String>) {
        self.shared.lock().sold_out.insert(instance_type.into());
    }

    /// From now on this type is in stock again.
    pub fn restock(&self, instance_type: &str) {
        self.shared.lock().sold_out.remove(instance_type);
    }

    /// From now on no instance can be changed to this type.
    pub fn not_offered(&self, instance_type: impl Into<String>) {
        self.shared.lock().not_offered.insert(instance_type.into());
    }

    /// Sets what a change to this type costs: the original price and the reduction. Default: by size.
    pub fn set_price(
        &self,
        instance_type: impl Into<String>,
        original: impl Into<Decimal>,
        discount: impl Into<Decimal>,
    ) {
        let price = (original.into(), discount.into());
        self.shared
            .lock()
            .prices
            .insert(instance_type.into(), price);
    }

    /// Sets how many vCPUs all instances may have together. Default: any number.
    pub fn set_vcpu_quota(&self, vcpus: u32) {
        self.shared.lock().vcpu_quota = Some(vcpus);
    }

    /// Queues a fault: the next request without one meets it, well signed or not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use aliyun_ecs::operation::DescribeRegionsRequest;
    /// use aliyun_ecs::simulator::{Fault, Simulator};
    ///
    /// let simulator = Simulator::start().await;
    /// simulator.fail_next(Fault::gateway_html(502));
    /// let client = simulator.client_builder().build()?;
    /// client.describe_regions(DescribeRegionsRequest::builder().build()?).await?; // tried again
    /// assert_eq!(simulator.requests().len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fail_next(&self, fault: Fault) {
        if fault.times > 0 {
            self.shared.lock().faults.push_back(fault);
        }
    }

    /// Every order that was placed, the oldest first.
    pub fn orders(&self) -> Vec<SimulatedOrder> {
        self.shared.lock().orders.clone()
    }

    /// Pays an unpaid order; `false` if there is no such order.
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
    /// let request = ModifyPrepayInstanceSpecRequest::builder("i-test", "ecs.g5.xlarge")
    ///     .auto_pay(false)
    ///     .build()?;
    /// client.modify_prepay_instance_spec(request).await?;
    ///
    /// let order = &simulator.orders()[0];
    /// assert!(!order.paid());
    /// assert!(simulator.pay_order(order.order_id()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn pay_order(&self, order_id: &str) -> bool {
        self.shared.lock().close(order_id, Payment::Paid)
    }

    /// Cancels an unpaid order; `false` if there is no such order.
    pub fn cancel_order(&self, order_id: &str) -> bool {
        self.shared.lock().close(order_id, Payment::Cancelled)
    }

    /// Every request that arrived, the oldest first, with what was answered.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.lock().requests.clone()
    }

    /// Moves the simulator's clock forward.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.shared.lock();
        let offset = state.clock_offset.checked_add(&time_delta(duration));
        state.clock_offset = offset.unwrap_or(TimeDelta::MAX);
    }

    /// Sets how far the simulator's clock is ahead of the real one; less than zero is behind.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use aliyun_ecs::operation::DescribeRegionsRequest;
    /// use aliyun_ecs::simulator::Simulator;
    /// use chrono::TimeDelta;
    ///
    /// let simulator = Simulator::start().await;
    /// simulator.set_clock_offset(TimeDelta::hours(2)); // the client learns it from the first refusal
    /// let client = simulator.client_builder().build()?;
    /// client.describe_regions(DescribeRegionsRequest::builder().build()?).await?;
    /// assert_eq!(simulator.requests()[0].error_code(), Some("InvalidTimeStamp.Expired"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_clock_offset(&self, offset: TimeDelta) {
        self.shared.lock().clock_offset = offset;
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Sets up a [`Simulator`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use aliyun_ecs::simulator::Simulator;
///
/// let simulator = Simulator::builder()
///     .region("cn-beijing")
///     .order_processing(Duration::from_secs(8))
///     .transition(Duration::from_secs(3))
///     .security_token("a-token")
///     .start()
///     .await?;
/// assert!(simulator.endpoint().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `start()`"]
pub struct SimulatorBuilder {
    port: u16,
    region_id: String,
    order_processing: Duration,
    transition: Duration,
    security_token: Option<String>,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            port: 0,
            region_id: "cn-hangzhou".to_owned(),
            order_processing: Duration::ZERO,
            transition: Duration::from_millis(200),
            security_token: None,
        }
    }
}

impl SimulatorBuilder {
    /// The loopback port to listen on. Default: 0, any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The region that every instance is in. Default: `cn-hangzhou`.
    pub fn region(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = region_id.into();
        self
    }

    /// How long a paid order is in processing, by the simulator's clock: for ever with [`Duration::MAX`]. Default: zero.
    pub fn order_processing(mut self, order_processing: Duration) -> Self {
        self.order_processing = order_processing;
        self
    }

    /// How long an instance stays in each state on its way to a stable one, by the simulator's clock.
    /// Default: 200 ms; for ever with [`Duration::MAX`]. A restart shows `Running` for as long before it begins.
    pub fn transition(mut self, transition: Duration) -> Self {
        self.transition = transition;
        self
    }

    /// The key pair is a temporary one with this security token. Default: none.
    pub fn security_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(token.into());
        self
    }

    /// Starts the simulator.
    ///
    /// # Errors
    ///
    /// The port cannot be listened on.
    pub async fn start(self) -> std::io::Result<Simulator> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        Ok(self.serve(MockServer::builder().listener(listener)).await)
    }

    async fn serve(self, server: MockServerBuilder) -> Simulator {
        let mut state = State::new(self.region_id.clone(), time_delta(self.order_processing));
        state.transition = time_delta(self.transition);
        state
            .verifier
            .security_token
            .clone_from(&self.security_token);
        let shared = Shared::new(state);
        let server = server.disable_request_recording().start().await;
        let endpoint = Endpoint(shared.clone());
        Mock::given(wiremock::matchers::any())
            .respond_with(endpoint)
            .mount(&server)
            .await;
        Simulator {
            endpoint: server.uri(),
            region_id: self.region_id,
            security_token: self.security_token,
            shared,
            _server: server,
        }
    }
}

impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder").finish_non_exhaustive()
    }
}

/// The server's side of the shared state.
struct Endpoint(Shared);

impl Respond for Endpoint {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let incoming = Incoming::new(request);
        let mut state = self.0.lock();
        let now = state.now();
        let action = incoming.action();
        let fault = state.next_fault(action).unwrap_or_else(Fault::none);
        let verified = state.verifier.verify(&incoming, now);
        let is_verified = verified.is_ok();
        let requested = Format::requested(&incoming);
        let format = *requested.as_ref().unwrap_or(&Format::fallback(&incoming));
        let reply = fault.reply(&incoming, format, || {
            requested
                .and(verified)
                .and_then(|()| dispatch(&mut state, &incoming))
        });
        state
            .requests
            .push(ReceivedRequest::new(&incoming, is_verified, &reply));
        reply.into_template(now)
    }
}

/// One arm an action.
fn dispatch(state: &mut State, incoming: &Incoming) -> Outcome {
    match (incoming.path.as_str(), incoming.action()) {
        ("/", "ModifyPrepayInstanceSpec") => orders::modify_prepay_instance_spec(state, incoming),
        ("/", "DescribeInstances") => instances::describe_instances(state, incoming),
        ("/", "DescribeInstanceTypes") => instance_types::describe_instance_types(state, incoming),
        ("/", "DescribeResourcesModification") => {
            modification::describe_resources_modification(state, incoming)
        }
        ("/", "DescribeInstanceModificationPrice") => {
            price::describe_instance_modification_price(state, incoming)
        }
        ("/", "StartInstance") => power::start_instance(state, incoming),
        ("/", "StopInstance") => power::stop_instance(state, incoming),
        ("/", "RebootInstance") => power::reboot_instance(state, incoming),
        ("/", "DescribeRegions") => regions::describe_regions(),
        _ => Err(errors::API_NOT_FOUND),
    }
}
