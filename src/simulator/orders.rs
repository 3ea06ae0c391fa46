//! `ModifyPrepayInstanceSpec` by its documented rules, and the orders that come of it.
//!
//! `EndTime`, `SystemDisk.Category`, `MigrateAcrossZone` and `ModifyMode` change nothing here.

use chrono::{DateTime, Utc};
use serde_json::{Map, json};
use std::cmp::Ordering;

use super::errors::{self, Rejection};
use super::regions;
use super::request::{Incoming, Parameters, parse_time};
use super::response::Outcome;
use super::state::{InstanceStatus, SimulatedInstance, State};

const DOWNGRADES_ALLOWED: u32 = 3;
const CLIENT_TOKEN_LENGTH: usize = 64;

/// What may differ between two requests under one client token.
const NOT_COMPARED: [&str; 12] = [
    "AccessKeyId",
    "Action",
    "ClientToken",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

/// The direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKind {
    /// To a larger type: it costs.
    Upgrade,
    /// To a smaller type: it refunds.
    Downgrade,
}

/// How far an order's payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payment {
    Unpaid,
    Paid,
    Cancelled,
}

/// An order that a request placed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
/// use aliyun_ecs::simulator::{OrderKind, SimulatedInstance, Simulator};
///
/// let simulator = Simulator::start().await;
/// simulator.add_instance(SimulatedInstance::new("i-test", "ecs.g5.large"));
/// let client = simulator.client_builder().build()?;
/// let request = ModifyPrepayInstanceSpecRequest::builder("i-test", "ecs.g5.xlarge").build()?;
/// let token = request.client_token().clone();
/// client.modify_prepay_instance_spec(request).await?;
///
/// let order = &simulator.orders()[0];
/// assert_eq!(order.kind(), OrderKind::Upgrade);
/// assert_eq!(order.client_token(), Some(token.as_str()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedOrder {
    order_id: String,
    instance_id: String,
    from_type: String,
    to_type: String,
    kind: OrderKind,
    client_token: Option<String>,
    payment: Payment,
    /// When the processing is over; known once the order is paid.
    processed_at: Option<DateTime<Utc>>,
    /// The first moment at which the service itself restarts the instance, if it was asked to.
    restart_from: Option<DateTime<Utc>>,
    processed: bool,
}

impl SimulatedOrder {
    /// The order's id.
    pub fn order_id(&self) -> &str {
        &self.order_id
    }

    /// The instance that the order is for.
    pub fn instance_id(&self) -> &str {
        &self.instance_id
    }

    /// The type that the instance had.
    pub fn from_type(&self) -> &str {
        &self.from_type
    }

    /// The type that was ordered.
    pub fn to_type(&self) -> &str {
        &self.to_type
    }

    /// Upgrade or downgrade.
    pub fn kind(&self) -> OrderKind {
        self.kind
    }

    /// The token of the request that placed the order.
    pub fn client_token(&self) -> Option<&str> {
        self.client_token.as_deref()
    }

    /// Whether it is paid; a downgrade always is.
    pub fn paid(&self) -> bool {
        self.payment == Payment::Paid
    }

    /// Whether it was cancelled instead of paid.
    pub fn cancelled(&self) -> bool {
        self.payment == Payment::Cancelled
    }

    /// Whether its processing is over, so that the instance shows the new type.
    pub fn processed(&self) -> bool {
        self.processed
    }

    fn is_processing(&self) -> bool {
        self.paid() && !self.processed
    }
}

/// What a client token stands for.
pub(super) struct IdempotencyRecord {
    parameters: Parameters,
    order_id: String,
}

/// A well-formed request.
struct Change<'a> {
    region_id: &'a str,
    instance_id: &'a str,
    instance_type: &'a str,
    client_token: Option<&'a str>,
    operator_type: Option<OrderKind>,
    auto_pay: bool,
    reboot_when_finished: bool,
    reboot_time: Option<DateTime<Utc>>,
    end_time: Option<DateTime<Utc>>,
    /// All that idempotence compares.
    compared: Parameters,
}

pub(super) fn modify_prepay_instance_spec(state: &mut State, incoming: &Incoming) -> Outcome {
    let change = Change::parse(incoming)?;
    let order_id = match state.remembered(&change)? {
        Some(order_id) => order_id,
        None => {
            let kind = state.check(&change)?;
            state.place(change, kind)
        }
    };
    Ok(Map::from_iter([("OrderId".to_owned(), json!(order_id))]))
}

impl<'a> Change<'a> {
    fn parse(incoming: &'a Incoming) -> Result<Self, Rejection> {
        let given = |name| incoming.parameter(name).filter(|value| !value.is_empty());
        let required = |name| given(name).ok_or_else(|| Rejection::missing(name));
        // Clients of the service write `true` as well as `True`.
        let boolean = |name, default| match given(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(Rejection::invalid(name)),
        };
        let time = |name, rejection| match given(name) {
            None => Ok(None),
            Some(text) => parse_time(text, "%Y-%m-%dT%H:%MZ")
                .map(Some)
                .ok_or(rejection),
        };
        let region_id = required("RegionId")?;
        let instance_id = required("InstanceId")?;
        let instance_type = required("InstanceType")?;
        let client_token = given("ClientToken");
        if client_token.is_some_and(|token| !token.is_ascii() || token.len() > CLIENT_TOKEN_LENGTH)
        {
            return Err(errors::CLIENT_TOKEN);
        }
        let operator_type = match given("OperatorType") {
            None => None,
            Some("upgrade") => Some(OrderKind::Upgrade),
            Some("downgrade") => Some(OrderKind::Downgrade),
            Some(_) => return Err(Rejection::invalid("OperatorType")),
        };
        boolean("MigrateAcrossZone", false)?;
        let compared = incoming.parameters.iter();
        let compared = compared.filter(|(name, _)| !NOT_COMPARED.contains(&name.as_str()));
        Ok(Self {
            region_id,
            instance_id,
            instance_type,
            client_token,
            operator_type,
            auto_pay: boolean("AutoPay", true)?,
            reboot_when_finished: boolean("RebootWhenFinished", false)?,
            reboot_time: time("RebootTime", errors::REBOOT_TIME_FORM)?,
            end_time: time("EndTime", Rejection::invalid("EndTime"))?,
            compared: compared.cloned().collect(),
        })
    }
}

impl State {
    /// The order that the request's token already stands for.
    fn remembered(&self, change: &Change<'_>) -> Result<Option<String>, Rejection> {
        match change
            .client_token
            .and_then(|token| self.remembered.get(token))
        {
            None => Ok(None),
            Some(known) if known.parameters == change.compared => Ok(Some(known.order_id.clone())),
            Some(_) => Err(errors::IDEMPOTENCE),
        }
    }

    fn check(&self, change: &Change<'_>) -> Result<OrderKind, Rejection> {
        if change.reboot_time.is_some_and(|time| time < self.now()) {
            return Err(errors::REBOOT_TIME_PAST);
        }
        if change.end_time.is_some_and(|time| time < self.now()) {
            return Err(Rejection::invalid("EndTime"));
        }
        if !regions::is_known(change.region_id) {
            return Err(errors::REGION_NOT_FOUND);
        }
        let here = change.region_id == self.region_id;
        let instance = self.instances.get(change.instance_id).filter(|_| here);
        let instance = instance.ok_or(errors::INSTANCE_NOT_FOUND)?;
        let target = self
            .types
            .get(change.instance_type)
            .ok_or(errors::TYPE_UNKNOWN)?;
        self.check_instance(instance)?;
        if target.name == instance.instance_type {
            return Err(errors::SAME_TYPE);
        }
        let current = self
            .types
            .get(&instance.instance_type)
            .map(|current| current.size());
        let kind = match Some(target.size()).cmp(&current) {
            Ordering::Greater => OrderKind::Upgrade,
            Ordering::Less => OrderKind::Downgrade,
            // Types of one size: the sizes do not say, so the caller does.
            Ordering::Equal => change.operator_type.unwrap_or(OrderKind::Upgrade),
        };
        if change.operator_type.is_some_and(|named| named != kind) {
            // No row names this case; this code serves any parameter.
            return Err(Rejection::invalid("OperatorType"));
        }
        if kind == OrderKind::Downgrade && instance.status != InstanceStatus::Stopped {
            return Err(errors::NOT_STOPPED);
        }
        if kind == OrderKind::Downgrade && instance.downgrades_used >= DOWNGRADES_ALLOWED {
            return Err(errors::DOWNGRADE_QUOTA);
        }
        if self.not_offered.contains(&target.name) {
            return Err(errors::TYPE_NOT_OFFERED);
        }
        if self.sold_out.contains(&target.name) {
            return Err(errors::NO_STOCK);
        }
        if kind == OrderKind::Upgrade
            && self.vcpu_quota.is_some_and(|quota| {
                u64::from(target.vcpus) + self.vcpus_but(instance) > u64::from(quota)
            })
        {
            return Err(errors::VCPU_QUOTA);
        }
        Ok(kind)
    }

    /// The vCPUs of all other instances.
    fn vcpus_but(&self, instance: &SimulatedInstance) -> u64 {
        let others = self
            .instances
            .values()
            .filter(|other| other.instance_id != instance.instance_id);
        others
            .filter_map(|other| self.types.get(&other.instance_type))
            .map(|known| u64::from(known.vcpus))
            .sum()
    }

    /// Whether the instance can be changed at all, whatever the target.
    fn check_instance(&self, instance: &SimulatedInstance) -> Result<(), Rejection> {
        let orders = self
            .orders
            .iter()
            .filter(|order| order.instance_id == instance.instance_id);
        let stable = [InstanceStatus::Running, InstanceStatus::Stopped];
        match instance.lock_reason() {
            _ if instance.pay_as_you_go => Err(errors::PAY_AS_YOU_GO),
            _ if instance.expired => Err(errors::EXPIRED),
            Some("security") => Err(errors::LOCKED_FOR_SECURITY),
            Some(_) => Err(errors::LOCKED),
            None if instance.unpaid_order => Err(errors::UNPAID_ORDER),
            None if { orders }.any(SimulatedOrder::is_processing) => Err(errors::LAST_ORDER),
            None if !stable.contains(&instance.status) => Err(errors::STATUS),
            None => Ok(()),
        }
    }

    fn place(&mut self, change: Change<'_>, kind: OrderKind) -> String {
        let now = self.now();
        let order_id = (231_456_789_012_345 + 7_919 * self.orders.len() as u64).to_string();
        // AutoPay is ignored for a downgrade: there is nothing to pay.
        let paid = change.auto_pay || kind == OrderKind::Downgrade;
        let mut from_type = String::new();
        if let Some(instance) = self.instances.get_mut(change.instance_id) {
            from_type.clone_from(&instance.instance_type);
            instance.unpaid_order = !paid;
            instance.downgrades_used += u32::from(kind == OrderKind::Downgrade);
        }
        self.orders.push(SimulatedOrder {
            order_id: order_id.clone(),
            instance_id: change.instance_id.to_owned(),
            from_type,
            to_type: change.instance_type.to_owned(),
            kind,
            client_token: change.client_token.map(str::to_owned),
            payment: Payment::Unpaid,
            processed_at: None,
            restart_from: change
                .reboot_when_finished
                .then_some(now)
                .or(change.reboot_time),
            processed: false,
        });
        if let Some(token) = change.client_token {
            let remembered = IdempotencyRecord {
                parameters: change.compared,
                order_id: order_id.clone(),
            };
            self.remembered.insert(token.to_owned(), remembered);
        }
        if paid {
            self.close(&order_id, Payment::Paid);
        }
        order_id
    }

    /// Pays or cancels an unpaid order; says whether there was one.
    pub(super) fn close(&mut self, order_id: &str, payment: Payment) -> bool {
        let processed_at = self.now().checked_add_signed(self.order_processing);
        let unpaid = |order: &&mut SimulatedOrder| {
            order.order_id == order_id && order.payment == Payment::Unpaid
        };
        let Some(order) = self.orders.iter_mut().find(unpaid) else {
            return false;
        };
        order.payment = payment;
        order.processed_at = processed_at;
        if let Some(instance) = self.instances.get_mut(&order.instance_id) {
            instance.unpaid_order = false;
        }
        true
    }

    /// Lets everything happen that is due by now, in the order of time.
    pub(super) fn settle(&mut self) {
        let now = self.now();
        while let Some(time) = self.next_processed(now) {
            while self.step_instance(time) {}
            self.process(time);
        }
        while self.step_instance(now) {}
        self.process(now);
    }

    /// When the next order is due that is not processed yet.
    fn next_processed(&self, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let waiting = self.orders.iter().filter(|order| order.is_processing());
        let times = waiting.filter_map(|order| order.processed_at);
        times.filter(|time| *time <= until).min()
    }

    fn process(&mut self, now: DateTime<Utc>) {
        for order in self
            .orders
            .iter_mut()
            .filter(|order| order.payment == Payment::Paid)
        {
            if !order.processed && order.processed_at.is_some_and(|time| time <= now) {
                order.processed = true;
                if let Some(instance) = self.instances.get_mut(&order.instance_id) {
                    instance.instance_type.clone_from(&order.to_type);
                }
            }
            let Some(instance) = self.instances.get_mut(&order.instance_id) else {
                continue;
            };
            if order.processed && order.restart_from.is_some_and(|time| time <= now) {
                order.restart_from = None;
                // A restart of what does not run changes nothing.
                if instance.status == InstanceStatus::Running {
                    instance.start(now);
                }
            }
        }
    }
}
