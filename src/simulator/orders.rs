//! Orders: how they are placed, paid, processed, cancelled and failed.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::faults::OrderFault;
use super::instance::InstanceStatus;
use super::request::Parameters;
use super::world::{Event, World};

/// The direction of a change. There is no third one, so a `match` needs no other case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// To a type with a higher price, which must be paid.
    Upgrade,
    /// To a type with a lower price, which is refunded.
    Downgrade,
}

/// The state of an order.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
/// use aliyun_ecs::simulator::{Fault, OrderStatus, SimulatedInstance, Simulator};
///
/// let simulator = Simulator::start().await;
/// simulator.add_instance(SimulatedInstance::new("i-test", "ecs.g5.large"));
/// simulator.fail_next(Fault::unpaid_order());
/// let client = simulator.client_builder().build()?;
/// let request = ModifyPrepayInstanceSpecRequest::builder("i-test", "ecs.g5.xlarge").build()?;
/// client.modify_prepay_instance_spec(request).await?; // a success, with an order that is not paid
/// assert_eq!(simulator.orders()[0].status(), OrderStatus::Abnormal);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderStatus {
    /// Not paid: it blocks the next change of the instance until it is paid or cancelled.
    Unpaid,
    /// Not paid although `AutoPay` was true, for instance because of an insufficient balance: it can only be cancelled.
    Abnormal,
    /// Paid and being processed.
    Processing,
    /// Processed: the instance shows the new type.
    Processed,
    /// Cancelled instead of paid.
    Cancelled,
    /// Failed after it was accepted: the instance keeps its type.
    Failed,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedOrder {
    pub(super) order_id: String,
    pub(super) instance_id: String,
    pub(super) from_type: String,
    pub(super) to_type: String,
    pub(super) kind: OrderKind,
    pub(super) client_token: Option<String>,
    pub(super) status: OrderStatus,
    /// The price, with the disks that change; that of the type is zero for a downgrade, which is refunded.
    pub(super) price: Decimal,
    /// Whether processing ends in failure.
    pub(super) fails: bool,
    /// When processing ends; known once the order is paid.
    pub(super) processed_at: Option<DateTime<Utc>>,
    /// When the service restarts the instance, if the order requested it.
    pub(super) restart_at: Option<DateTime<Utc>>,
    /// When the change ends, if it is temporary.
    pub(super) end_at: Option<DateTime<Utc>>,
    /// The disks that change with the type: id, category and performance level, if set.
    pub(super) disks: Vec<DiskChange>,
}

/// A change of a disk that is part of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DiskChange {
    pub(super) disk_id: String,
    pub(super) category: String,
    pub(super) performance_level: String,
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

    /// The client token of the request that placed the order.
    pub fn client_token(&self) -> Option<&str> {
        self.client_token.as_deref()
    }

    /// The state of the order.
    pub fn status(&self) -> OrderStatus {
        self.status
    }

    /// The price at the time when the order was placed, with the disks that change; that of the type is zero for a
    /// downgrade.
    pub fn price(&self) -> Decimal {
        self.price
    }

    /// Whether it is paid. A downgrade always is.
    pub fn paid(&self) -> bool {
        use OrderStatus::{Failed, Processed, Processing};
        matches!(self.status, Processing | Processed | Failed)
    }

    /// Whether it was cancelled instead of paid.
    pub fn cancelled(&self) -> bool {
        self.status == OrderStatus::Cancelled
    }

    /// Whether it is processed, so that the instance shows the new type.
    pub fn processed(&self) -> bool {
        self.status == OrderStatus::Processed
    }
}

/// The request and the order of a client token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdempotencyRecord {
    pub(super) parameters: Parameters,
    pub(super) order_id: String,
}

impl World {
    /// Places an unpaid order with a new id, and pays it if `auto_pay` is true.
    pub(super) fn place(&mut self, mut order: SimulatedOrder, auto_pay: bool) -> String {
        let now = self.now();
        let index = self.orders.len();
        order.order_id = (231_456_789_012_345 + 7_919 * index as u64).to_string();
        // AutoPay is ignored for a downgrade: there is nothing to pay.
        let downgrade = order.kind == OrderKind::Downgrade;
        let fault = self.faults.next_order_fault();
        order.fails = fault == Some(OrderFault::Fails);
        let abnormal = fault == Some(OrderFault::Unpaid);
        order.status = match abnormal {
            true => OrderStatus::Abnormal,
            false => OrderStatus::Unpaid,
        };
        if let Some(instance) = self.instances.change(&order.instance_id, now) {
            instance.unpaid_order = true;
            if downgrade {
                instance.count_downgrade(now);
            }
        }
        let order_id = order.order_id.clone();
        self.orders.push(order);
        if (auto_pay || downgrade) && !abnormal {
            self.pay_order(&order_id);
        }
        order_id
    }

    fn position(&self, order_id: &str, statuses: &[OrderStatus]) -> Option<usize> {
        let matches =
            |order: &SimulatedOrder| order.order_id == order_id && statuses.contains(&order.status);
        self.orders.iter().rposition(matches)
    }

    /// Pays an unpaid order; returns whether there is one.
    pub(super) fn pay_order(&mut self, order_id: &str) -> bool {
        let Some(index) = self.position(order_id, &[OrderStatus::Unpaid]) else {
            return false;
        };
        let (now, processing) = (self.now(), self.order_processing());
        let processed_at = now.checked_add_signed(processing);
        let Some(order) = self.orders.get_mut(index) else {
            return false;
        };
        order.status = OrderStatus::Processing;
        order.processed_at = processed_at;
        let instance_id = order.instance_id.clone();
        if let Some(instance) = self.instances.change(&instance_id, now) {
            instance.unpaid_order = false;
        }
        self.processing.insert((instance_id, index));
        if let Some(time) = processed_at {
            self.schedule(time, Event::Order(index));
        }
        self.settle();
        true
    }

    /// Cancels an unpaid order; returns whether there is one.
    pub(super) fn cancel_order(&mut self, order_id: &str) -> bool {
        let open = [OrderStatus::Unpaid, OrderStatus::Abnormal];
        let Some(index) = self.position(order_id, &open) else {
            return false;
        };
        self.close(index, OrderStatus::Cancelled);
        true
    }

    /// Makes an unpaid order, or one in processing, fail; returns whether there is one.
    pub(super) fn fail_order(&mut self, order_id: &str) -> bool {
        use OrderStatus::{Abnormal, Processing, Unpaid};
        let Some(index) = self.position(order_id, &[Unpaid, Abnormal, Processing]) else {
            return false;
        };
        self.close(index, OrderStatus::Failed);
        true
    }

    fn close(&mut self, index: usize, status: OrderStatus) {
        let now = self.now();
        let Some(order) = self.orders.get_mut(index) else {
            return;
        };
        let was_unpaid = !order.paid();
        order.status = status;
        let key = (order.instance_id.clone(), index);
        if was_unpaid && let Some(instance) = self.instances.change(&key.0, now) {
            instance.unpaid_order = false;
        }
        self.processing.remove(&key);
    }

    /// Whether an order for this instance is in processing.
    pub(super) fn is_processing(&self, instance_id: &str) -> bool {
        let from = (instance_id.to_owned(), 0);
        let first = self.processing.range(from..).next();
        first.is_some_and(|(id, _)| id == instance_id)
    }

    /// Processes what is due for an order by `time`: the end of its processing, then the requested restart.
    pub(super) fn step_order(&mut self, index: usize, time: DateTime<Utc>) {
        let Some(order) = self.orders.get_mut(index) else {
            return;
        };
        let due = order.processed_at.is_some_and(|at| at <= time);
        if order.status == OrderStatus::Processing && due {
            self.processing.remove(&(order.instance_id.clone(), index));
            if order.fails {
                order.status = OrderStatus::Failed;
                return;
            }
            order.status = OrderStatus::Processed;
            let (instance_id, end_at, restart_at) =
                (order.instance_id.clone(), order.end_at, order.restart_at);
            if let Some(instance) = self.instances.change(&instance_id, time) {
                for change in &order.disks {
                    let disks = instance.disks.iter_mut();
                    for disk in disks.filter(|disk| disk.disk_id == change.disk_id) {
                        disk.category.clone_from(&change.category);
                        disk.performance_level.clone_from(&change.performance_level);
                    }
                }
                instance.temporary = end_at.map(|end| (end, instance.instance_type.clone()));
                instance.instance_type.clone_from(&order.to_type);
            }
            if let Some(end) = end_at {
                self.schedule(end, Event::Instance(instance_id));
            }
            if let Some(restart) = restart_at {
                self.schedule(restart.max(time), Event::Order(index));
            }
            return;
        }
        if !order.processed() || order.restart_at.is_none_or(|at| at > time) {
            return;
        }
        order.restart_at = None;
        let instance_id = order.instance_id.clone();
        let Some(instance) = self.instances.change(&instance_id, time) else {
            return;
        };
        // Restarting an instance that is not running has no effect.
        if instance.status == InstanceStatus::Running && instance.path.is_empty() {
            instance.start(time);
        }
    }
}
