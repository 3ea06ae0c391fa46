//! The methods that control a running simulator: resources, faults, orders, requests and time.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use std::time::Duration;

use super::world::{Settings, milliseconds};
use super::{
    Fault, ReceivedRequest, SimulatedImage, SimulatedInstance, SimulatedInstanceType,
    SimulatedOrder, Simulator, admin, builder,
};

impl Simulator {
    /// Adds an instance to the simulator's region. It replaces one with the same id.
    pub fn add_instance(&self, instance: SimulatedInstance) {
        self.shared.lock().add_instance(instance);
    }

    /// The current state of an instance, even if reads return an older one.
    pub fn instance(&self, instance_id: &str) -> Option<SimulatedInstance> {
        self.shared.lock().instances.get(instance_id).cloned()
    }

    /// Adds an instance type by its size. It replaces one with the same name.
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
        self.define_instance_type(SimulatedInstanceType::new(name, vcpus, memory_gib));
    }

    /// Adds an instance type. It replaces one with the same name.
    pub fn define_instance_type(&self, instance_type: SimulatedInstanceType) {
        let name = instance_type.name().to_owned();
        self.shared.lock().types.insert(name, instance_type);
    }

    /// Adds an image. It replaces one with the same id.
    pub fn add_image(&self, image: SimulatedImage) {
        let id = image.image_id().to_owned();
        self.shared.lock().images.insert(id, image);
    }

    /// The instance types, sorted by name.
    pub fn instance_types(&self) -> Vec<SimulatedInstanceType> {
        self.shared.lock().types.values().cloned().collect()
    }

    /// Marks a type as out of stock.
    pub fn sold_out(&self, instance_type: impl Into<String>) {
        self.shared.lock().sold_out.insert(instance_type.into());
    }

    /// Marks a type as in stock again.
    pub fn restock(&self, instance_type: &str) {
        self.shared.lock().sold_out.remove(instance_type);
    }

    /// Marks a type as not available for any change.
    pub fn not_offered(&self, instance_type: impl Into<String>) {
        self.shared.lock().not_offered.insert(instance_type.into());
    }

    /// Sets the price of a change to this type: the original price and the discount, in CNY.
    ///
    /// Default: the difference of the [monthly prices](SimulatedInstanceType::with_monthly_price), minus 35 %.
    /// Disks that an order changes along with the type add to its price, and are not part of the quote.
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

    /// Sets the maximum number of vCPUs of all instances together. Default: unlimited.
    pub fn set_vcpu_quota(&self, vcpus: u32) {
        self.shared.lock().settings.vcpu_quota = Some(vcpus);
    }

    /// Queues a fault. It applies to the next request that no earlier fault applies to, even to one with a wrong
    /// signature. Faults of the account apply to the next order or quote instead, see [`Fault`].
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
    /// client.describe_regions(DescribeRegionsRequest::builder().build()?).await?; // retried
    /// assert_eq!(simulator.requests().len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fail_next(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Discards all queued faults.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// All orders, oldest first.
    pub fn orders(&self) -> Vec<SimulatedOrder> {
        self.shared.lock().orders.clone()
    }

    /// Pays an unpaid order. Returns `false` if there is no such order, or if it can only be cancelled.
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
        self.shared.lock().pay_order(order_id)
    }

    /// Cancels an unpaid order. Returns `false` if there is no such order.
    pub fn cancel_order(&self, order_id: &str) -> bool {
        self.shared.lock().cancel_order(order_id)
    }

    /// Makes an unpaid order, or one in processing, fail: the instance keeps its type. Returns `false` if there is no
    /// such order.
    pub fn fail_order(&self, order_id: &str) -> bool {
        self.shared.lock().fail_order(order_id)
    }

    /// The received requests, oldest first, each with the response that was sent.
    ///
    /// The newest 10,000 are kept, or the number set with
    /// [`SimulatorBuilder::journal_entries`](super::SimulatorBuilder::journal_entries), and fewer if their total size
    /// exceeds 64 MiB. [`dropped_requests`](Self::dropped_requests) counts the others.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.lock().journal.entries().cloned().collect()
    }

    /// How many requests are no longer in [`requests`](Self::requests).
    pub fn dropped_requests(&self) -> u64 {
        self.shared.lock().journal.dropped()
    }

    /// Removes all recorded requests.
    pub fn clear_requests(&self) {
        self.shared.lock().journal.clear();
    }

    /// Sets the age of the state that reads of instances return, in the simulator's time. Default: zero.
    pub fn set_read_lag(&self, lag: Duration) {
        let mut world = self.shared.lock();
        let settings = Settings {
            read_lag_ms: milliseconds(lag),
            ..world.settings.clone()
        };
        world.set_settings(settings);
    }

    /// Moves the simulator's time forward: the time of orders and instances, and the gateway's clock. Use it for
    /// clients whose own clock advances as well. For other clients use [`advance_world`](Self::advance_world): the
    /// gateway rejects a request whose timestamp is more than 15 minutes off its clock.
    pub fn advance(&self, duration: Duration) {
        let mut world = self.shared.lock();
        world.advance(duration);
        world.advance_gateway(duration);
    }

    /// Moves the time of orders and instances forward. The gateway's clock stays.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
    /// use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    ///
    /// let day = Duration::from_secs(86_400);
    /// let simulator = Simulator::builder().order_processing(day).start().await?;
    /// simulator.add_instance(SimulatedInstance::new("i-test", "ecs.g5.large"));
    /// let client = simulator.client_builder().build()?;
    /// let request = ModifyPrepayInstanceSpecRequest::builder("i-test", "ecs.g5.xlarge").build()?;
    /// client.modify_prepay_instance_spec(request).await?;
    ///
    /// assert!(!simulator.orders()[0].processed());
    /// simulator.advance_world(day);
    /// assert!(simulator.orders()[0].processed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn advance_world(&self, duration: Duration) {
        self.shared.lock().advance(duration);
    }

    /// The world as JSON: settings, instances, types, images, orders, client tokens, faults and time.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    ///
    /// let simulator = Simulator::start().await;
    /// simulator.add_instance(SimulatedInstance::new("i-test", "ecs.g5.large").stopped());
    /// let saved = simulator.snapshot();
    ///
    /// let another = Simulator::start().await;
    /// another.load_snapshot(&saved)?;
    /// assert_eq!(another.instance("i-test"), simulator.instance("i-test"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot(&self) -> String {
        let snapshot = admin::Snapshot::of(&self.shared.lock());
        serde_json::to_string(&snapshot).unwrap_or_default()
    }

    /// Replaces the world with a [snapshot](Self::snapshot) or a part of one. Missing parts have their defaults. The
    /// journal is kept.
    ///
    /// # Errors
    ///
    /// The JSON is not a snapshot ([`InvalidData`](std::io::ErrorKind::InvalidData)). Nothing was changed.
    pub fn load_snapshot(&self, json: &str) -> std::io::Result<()> {
        builder::parsed(json)?.load(&mut self.shared.lock());
        Ok(())
    }

    /// Restores the world that the simulator started with, and empties the journal.
    pub fn reset(&self) {
        self.shared.lock().reset();
    }

    /// Sets how far the gateway's clock is ahead of the real one; a negative value is behind. The gateway uses it to
    /// verify timestamps and nonces, and sends it as `Date`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use aliyun_ecs::operation::DescribeRegionsRequest;
    /// use aliyun_ecs::simulator::Simulator;
    /// use chrono::TimeDelta;
    ///
    /// let simulator = Simulator::start().await;
    /// simulator.set_clock_offset(TimeDelta::hours(2)); // the client learns the skew from the first error
    /// let client = simulator.client_builder().build()?;
    /// client.describe_regions(DescribeRegionsRequest::builder().build()?).await?;
    /// assert_eq!(simulator.requests()[0].error_code(), Some("InvalidTimeStamp.Expired"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_clock_offset(&self, offset: TimeDelta) {
        self.shared.lock().gateway_offset = offset;
    }
}
