//! `ModifyPrepayInstanceSpec`: changes the type of a subscription instance, as a paid order.

use chrono::{DateTime, Utc};

use super::rpc::is_common;
use super::{Operation, Sealed};
use crate::error::{Effect, ValidationError, Violations};
use crate::protocol::Place::{self, Scalar, Unread};
use crate::protocol::{Fields, Params, RawResponse};
use crate::types::{
    ClientToken, DiskCategory, DiskId, InstanceId, InstanceType, MinuteTime, ModifyMode,
    OperatorType, PerformanceLevel, RegionId, SystemDiskCategory, shorten,
};

const ACTION: &str = "ModifyPrepayInstanceSpec";

/// The parameters that have a setter; `Disk.` names do as well.
const PARAMETERS: [&str; 12] = [
    "RegionId",
    "InstanceId",
    "InstanceType",
    "OperatorType",
    "ClientToken",
    "AutoPay",
    "MigrateAcrossZone",
    "SystemDisk.Category",
    "RebootTime",
    "EndTime",
    "RebootWhenFinished",
    "ModifyMode",
];

/// An order to change the type of a subscription instance.
///
/// A built request is valid and is one intent: its client token is fixed, so that sending it twice
/// orders once. Take a new builder for a new order.
///
/// The instance must not have expired. For a smaller type it must be `Stopped`, for a larger one
/// `Stopped` or `Running`. The change takes 5 to 10 seconds and is then **not in effect** until
/// the instance is restarted through the API or the console: `RebootInstance` if it runs, `StartInstance` if it is
/// stopped. A restart from within the operating system does nothing.
/// (Source: the API's documentation of the operation, version 2014-05-26.)
///
/// ```
/// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
///
/// let request =
///     ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
///         .auto_pay(true)
///         .build()?;
/// println!("keep this to resume: {}", request.client_token());
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ModifyPrepayInstanceSpecRequest {
    region_id: Option<RegionId>,
    instance_id: InstanceId,
    instance_type: InstanceType,
    operator_type: Option<OperatorType>,
    client_token: ClientToken,
    auto_pay: Option<bool>,
    migrate_across_zone: Option<bool>,
    system_disk_category: Option<SystemDiskCategory>,
    reboot_time: Option<MinuteTime>,
    end_time: Option<MinuteTime>,
    reboot_when_finished: Option<bool>,
    modify_mode: Option<ModifyMode>,
    disks: Vec<DiskChange>,
    extra_parameters: Vec<(String, String)>,
}

impl ModifyPrepayInstanceSpecRequest {
    /// An order for the instance `instance_id` to become of the type `instance_type`.
    pub fn builder(
        instance_id: impl Into<String>,
        instance_type: impl Into<String>,
    ) -> ModifyPrepayInstanceSpecRequestBuilder {
        ModifyPrepayInstanceSpecRequestBuilder {
            instance_id: instance_id.into(),
            instance_type: instance_type.into(),
            ..Default::default()
        }
    }

    /// `RegionId`; `None` stands for the client's region.
    pub fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    /// `InstanceId`.
    pub fn instance_id(&self) -> &InstanceId {
        &self.instance_id
    }

    /// `InstanceType`.
    pub fn instance_type(&self) -> &InstanceType {
        &self.instance_type
    }

    /// `OperatorType`; not sent where `None`.
    pub fn operator_type(&self) -> Option<&OperatorType> {
        self.operator_type.as_ref()
    }

    /// `ClientToken`: keep it to be able to ask again after a crash what became of the order.
    pub fn client_token(&self) -> &ClientToken {
        &self.client_token
    }

    /// `AutoPay`; `None` leaves it to the service, which pays.
    pub fn auto_pay(&self) -> Option<bool> {
        self.auto_pay
    }

    /// `MigrateAcrossZone`; `None` leaves it to the service, which does not.
    pub fn migrate_across_zone(&self) -> Option<bool> {
        self.migrate_across_zone
    }

    /// `SystemDisk.Category`.
    pub fn system_disk_category(&self) -> Option<&SystemDiskCategory> {
        self.system_disk_category.as_ref()
    }

    /// `RebootTime`, as it is sent.
    pub fn reboot_time(&self) -> Option<MinuteTime> {
        self.reboot_time
    }

    /// `EndTime`, as it is sent.
    pub fn end_time(&self) -> Option<MinuteTime> {
        self.end_time
    }

    /// `RebootWhenFinished`; `None` leaves it to the service, which does not restart.
    pub fn reboot_when_finished(&self) -> Option<bool> {
        self.reboot_when_finished
    }

    /// `ModifyMode`.
    pub fn modify_mode(&self) -> Option<&ModifyMode> {
        self.modify_mode.as_ref()
    }

    /// `Disk.1.…`, `Disk.2.…` and so on.
    pub fn disks(&self) -> &[DiskChange] {
        &self.disks
    }

    /// Parameters that this version has no setter for, in the order they were added.
    pub fn extra_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.extra_parameters
            .iter()
            .map(|(name, value)| (&**name, &**value))
    }
}

impl Sealed for ModifyPrepayInstanceSpecRequest {
    fn action(&self) -> &str {
        ACTION
    }

    fn effect(&self) -> Effect {
        Effect::Order
    }

    fn client_token(&self) -> Option<&ClientToken> {
        Some(&self.client_token)
    }

    fn region_id(&self) -> Option<&RegionId> {
        self.region_id.as_ref()
    }

    fn params<'a>(&'a self, region: &'a RegionId) -> Params<'a> {
        let mut params = Params::new();
        // In the order in which they are signed, which leaves nothing to sort.
        params.add_optional("AutoPay", self.auto_pay);
        params.add("ClientToken", self.client_token.as_str());
        for (disk, number) in self.disks.iter().zip(1..) {
            disk.add_to(&mut params, number);
        }
        params.add_optional("EndTime", self.end_time.map(|time| time.to_string()));
        params.add("InstanceId", &self.instance_id);
        params.add("InstanceType", &self.instance_type);
        params.add_optional("MigrateAcrossZone", self.migrate_across_zone);
        params.add_optional(
            "ModifyMode",
            self.modify_mode.as_ref().map(ModifyMode::as_str),
        );
        params.add_optional(
            "OperatorType",
            self.operator_type.as_ref().map(OperatorType::as_str),
        );
        params.add_optional("RebootTime", self.reboot_time.map(|time| time.to_string()));
        params.add_optional("RebootWhenFinished", self.reboot_when_finished);
        params.add("RegionId", region);
        params.add_optional(
            "SystemDisk.Category",
            self.system_disk_category
                .as_ref()
                .map(SystemDiskCategory::as_str),
        );
        for (name, value) in &self.extra_parameters {
            params.add(name, value);
        }
        params
    }
}

impl Operation for ModifyPrepayInstanceSpecRequest {
    type Response = ModifyPrepayInstanceSpecResponse;

    fn read(reply: &RawResponse<'_>) -> Result<Self::Response, String> {
        let mut response = ModifyPrepayInstanceSpecResponse::new("", None);
        reply.read_into(&mut response)?;
        if let Some(id) = response.order_id().filter(|id| !is_order_id(id)) {
            return Err(format!("{:?} is no OrderId", shorten(id, 40)));
        }
        // Every answer of the service has one of them, so what has neither did not come from the service.
        if response.request_id.is_empty() {
            if response.order_id.is_none() {
                return Err("it has neither a RequestId nor an OrderId".into());
            }
            response.request_id = reply.request_id().unwrap_or_default().to_owned();
        }
        Ok(response)
    }
}

impl Fields for ModifyPrepayInstanceSpecResponse {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name {
            "RequestId" | "requestId" => Scalar(&mut self.request_id),
            "OrderId" | "orderId" => Scalar(&mut self.order_id),
            _ => Unread,
        }
    }
}

/// An order id is a text or a whole number, but never a truth value or a fraction.
fn is_order_id(text: &str) -> bool {
    let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
    is_whole || (text.parse::<f64>().is_err() && text.parse::<bool>().is_err())
}

/// Builds a [`ModifyPrepayInstanceSpecRequest`].
///
/// Setters of optional values take the value or an `Option` of it; what is not set is not sent,
/// and the service's default holds.
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct ModifyPrepayInstanceSpecRequestBuilder {
    region_id: Option<String>,
    instance_id: String,
    instance_type: String,
    operator_type: Option<OperatorType>,
    client_token: Option<String>,
    auto_pay: Option<bool>,
    migrate_across_zone: Option<bool>,
    system_disk_category: Option<SystemDiskCategory>,
    reboot_time: Option<DateTime<Utc>>,
    end_time: Option<DateTime<Utc>>,
    reboot_when_finished: Option<bool>,
    modify_mode: Option<ModifyMode>,
    disks: Vec<DiskChange>,
    extra_parameters: Vec<(String, String)>,
}

impl ModifyPrepayInstanceSpecRequestBuilder {
    /// The region that the instance is in (`RegionId`). Default: the client's region.
    ///
    /// Another region than the client's also chooses that region's endpoint.
    pub fn region_id(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// The direction of the change (`OperatorType`). Default: not sent, and the service detects it.
    ///
    /// If sent, it must fit: documents up to 2020 demand `downgrade` for a smaller type.
    pub fn operator_type(mut self, operator_type: impl Into<Option<OperatorType>>) -> Self {
        self.operator_type = operator_type.into();
        self
    }

    /// The idempotency token (`ClientToken`): 1 to 64 printable ASCII characters. Default: a fresh
    /// random UUID, fixed by [`build`](Self::build).
    ///
    /// Set it to go on with an order that an earlier process began. Under one token all other
    /// parameters must stay the same, else the service answers `IdempotenceParamNotMatch`.
    pub fn client_token(mut self, client_token: impl Into<String>) -> Self {
        self.client_token = Some(client_token.into());
        self
    }

    /// Whether an upgrade is paid at once (`AutoPay`). Default of the service: `true`.
    ///
    /// With `true` and too low a balance an abnormal order appears that can only be cancelled.
    /// With `false` the order waits to be paid in the console, and blocks further changes until
    /// then. Ignored for a downgrade.
    pub fn auto_pay(mut self, auto_pay: impl Into<Option<bool>>) -> Self {
        self.auto_pay = auto_pay.into();
        self
    }

    /// Whether the instance may move to another cluster (`MigrateAcrossZone`). Default of the service: `false`.
    ///
    /// Moving may change the names of its disks (`xvda` to `vda`), its software licence codes and,
    /// on the classic network, its private address.
    pub fn migrate_across_zone(mut self, migrate_across_zone: impl Into<Option<bool>>) -> Self {
        self.migrate_across_zone = migrate_across_zone.into();
        self
    }

    /// The category of the system disk after the change (`SystemDisk.Category`).
    ///
    /// Heeded only for an upgrade from a retired, non-I/O-optimized type to one on sale that is
    /// I/O-optimized; refused together with [`OperatorType::Downgrade`].
    pub fn system_disk_category(mut self, category: impl Into<Option<SystemDiskCategory>>) -> Self {
        self.system_disk_category = category.into();
        self
    }

    /// When the instance restarts so that the change takes effect (`RebootTime`), to the minute, UTC.
    ///
    /// A time with seconds is rounded up to the next minute: never earlier than asked.
    pub fn reboot_time(mut self, reboot_time: impl Into<Option<DateTime<Utc>>>) -> Self {
        self.reboot_time = reboot_time.into();
        self
    }

    /// When a temporary change ends (`EndTime`), to the minute, UTC; must be later than the reboot time.
    ///
    /// Rounded up as [`reboot_time`](Self::reboot_time). While a temporary change is active, other changes are
    /// refused; the vendor's newest guide says that temporary type changes are no longer offered.
    pub fn end_time(mut self, end_time: impl Into<Option<DateTime<Utc>>>) -> Self {
        self.end_time = end_time.into();
        self
    }

    /// Whether the instance restarts as soon as the change is made (`RebootWhenFinished`).
    /// Default of the service: `false`.
    ///
    /// Without effect on a stopped instance; `true` is refused together with a reboot time.
    pub fn reboot_when_finished(mut self, reboot_when_finished: impl Into<Option<bool>>) -> Self {
        self.reboot_when_finished = reboot_when_finished.into();
        self
    }

    /// Whether the instance keeps running meanwhile (`ModifyMode`).
    ///
    /// Not in the public documentation, but in every SDK's model of the operation.
    pub fn modify_mode(mut self, modify_mode: impl Into<Option<ModifyMode>>) -> Self {
        self.modify_mode = modify_mode.into();
        self
    }

    /// Adds a disk to change along with the type (`Disk.N.…`, N from 1 in the order added).
    ///
    /// Not in the public documentation, but in every SDK's model of the operation.
    pub fn disk(mut self, disk: DiskChange) -> Self {
        self.disks.push(disk);
        self
    }

    /// Adds a parameter that this version has no setter for, under the API's name.
    ///
    /// A name that has a setter, or that the client itself sets, is refused by [`build`](Self::build).
    pub fn extra_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra_parameters.push((name.into(), value.into()));
        self
    }

    /// Checks everything and fixes the client token.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with every violation at once.
    pub fn build(self) -> Result<ModifyPrepayInstanceSpecRequest, ValidationError> {
        let mut violations = Violations::default();
        let region_id = violations.check_optional("RegionId", self.region_id.map(RegionId::new));
        let instance_id = violations.check("InstanceId", InstanceId::new(self.instance_id));
        let instance_type = violations.check("InstanceType", InstanceType::new(self.instance_type));
        violations.check_text(
            "OperatorType",
            self.operator_type.as_ref().map(OperatorType::as_str),
        );
        let client_token = violations.check(
            "ClientToken",
            self.client_token
                .map_or_else(|| Ok(ClientToken::random()), ClientToken::new),
        );
        let category = self
            .system_disk_category
            .as_ref()
            .map(SystemDiskCategory::as_str);
        violations.check_text("SystemDisk.Category", category);
        if let (Some(category), Some(OperatorType::Downgrade)) = (category, &self.operator_type) {
            violations.add(
                "SystemDisk.Category",
                category,
                "is heeded for an upgrade only: leave it out with OperatorType=downgrade",
            );
        }
        let reboot_time =
            violations.check_optional("RebootTime", self.reboot_time.map(MinuteTime::new));
        let end_time = violations.check_optional("EndTime", self.end_time.map(MinuteTime::new));
        if let (Some(reboot), Some(end)) = (reboot_time, end_time)
            && end <= reboot
        {
            violations.add(
                "EndTime",
                &end.to_string(),
                format!("must be later than RebootTime, {reboot}"),
            );
        }
        if let (Some(reboot), Some(true)) = (reboot_time, self.reboot_when_finished) {
            violations.add(
                "RebootWhenFinished",
                "true",
                format!("contradicts RebootTime, {reboot}: set one of them"),
            );
        }
        violations.check_text(
            "ModifyMode",
            self.modify_mode.as_ref().map(ModifyMode::as_str),
        );
        check_disks(&self.disks, &mut violations);
        check_extra_parameters(&self.extra_parameters, &mut violations);
        let (Some(instance_id), Some(instance_type), Some(client_token)) =
            (instance_id, instance_type, client_token)
        else {
            return Err(violations.into_error());
        };
        violations.into_result()?;
        Ok(ModifyPrepayInstanceSpecRequest {
            region_id,
            instance_id,
            instance_type,
            operator_type: self.operator_type,
            client_token,
            auto_pay: self.auto_pay,
            migrate_across_zone: self.migrate_across_zone,
            system_disk_category: self.system_disk_category,
            reboot_time,
            end_time,
            reboot_when_finished: self.reboot_when_finished,
            modify_mode: self.modify_mode,
            disks: self.disks,
            extra_parameters: self.extra_parameters,
        })
    }
}

fn check_disks(disks: &[DiskChange], violations: &mut Violations) {
    for (index, (disk, number)) in disks.iter().zip(1..).enumerate() {
        let name = |field: &str| format!("Disk.{number}.{field}");
        let id = disk.disk_id.as_deref();
        violations.check_optional(&name("DiskId"), id.map(DiskId::new));
        violations.check_text(
            &name("Category"),
            disk.category.as_ref().map(DiskCategory::as_str),
        );
        let level = disk
            .performance_level
            .as_ref()
            .map(PerformanceLevel::as_str);
        violations.check_text(&name("PerformanceLevel"), level);
        match (id, &disk.category) {
            (Some(id), None) => violations.add(
                &name("Category"),
                "",
                format!(
                    "is required along with {} {:?}",
                    name("DiskId"),
                    shorten(id, 80)
                ),
            ),
            (None, None) if level.is_none() => violations.add(
                &format!("Disk.{number}"),
                "",
                "sets nothing: give it a disk id and a category, or leave it out",
            ),
            _ => {}
        }
        let earlier = disks
            .iter()
            .take(index)
            .position(|other| id.is_some() && other.disk_id.as_deref() == id);
        if let (Some(id), Some(earlier)) = (id, earlier) {
            violations.add(
                &name("DiskId"),
                id,
                format!("is already that of Disk.{}", earlier + 1),
            );
        }
    }
}

fn check_extra_parameters(extra: &[(String, String)], violations: &mut Violations) {
    for (index, (name, value)) in extra.iter().enumerate() {
        let is_name = |known: &&str| known.eq_ignore_ascii_case(name);
        if name.is_empty() {
            violations.add(name, value, "has no parameter name");
        } else if PARAMETERS.iter().any(is_name)
            || name
                .get(..5)
                .is_some_and(|start| start.eq_ignore_ascii_case("Disk."))
        {
            violations.add(name, value, "has a setter of its own: use that");
        } else if is_common(name) {
            // Its value may be a key.
            violations.add(name, "", "is set by the client itself: leave it out");
        } else if extra
            .iter()
            .take(index)
            .any(|(other, _)| other.eq_ignore_ascii_case(name))
        {
            violations.add(name, value, "is set twice");
        }
    }
}

/// A disk to change along with the instance type (`Disk.N.…`).
///
/// Not in the public documentation, but in every SDK's model of the operation.
///
/// ```
/// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
/// use aliyun_ecs::operation::DiskChange;
/// use aliyun_ecs::types::{DiskCategory, PerformanceLevel};
///
/// let disk = DiskChange::new()
///     .with_disk_id("d-bp67acfmxazb4ph1a2b3")
///     .with_category(DiskCategory::CloudEssd)
///     .with_performance_level(PerformanceLevel::Pl1);
/// let request =
///     ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g7.xlarge")
///         .disk(disk)
///         .build()?;
/// # Ok::<(), aliyun_ecs::ValidationError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiskChange {
    disk_id: Option<String>,
    category: Option<DiskCategory>,
    performance_level: Option<PerformanceLevel>,
}

impl DiskChange {
    /// A change that sets nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which disk (`DiskId`); needs a category along with it.
    #[must_use]
    pub fn with_disk_id(mut self, disk_id: impl Into<String>) -> Self {
        self.disk_id = Some(disk_id.into());
        self
    }

    /// Its category after the change (`Category`).
    #[must_use]
    pub fn with_category(mut self, category: impl Into<Option<DiskCategory>>) -> Self {
        self.category = category.into();
        self
    }

    /// Its performance level after the change (`PerformanceLevel`).
    #[must_use]
    pub fn with_performance_level(mut self, level: impl Into<Option<PerformanceLevel>>) -> Self {
        self.performance_level = level.into();
        self
    }

    /// `DiskId`.
    pub fn disk_id(&self) -> Option<&str> {
        self.disk_id.as_deref()
    }

    /// `Category`.
    pub fn category(&self) -> Option<&DiskCategory> {
        self.category.as_ref()
    }

    /// `PerformanceLevel`.
    pub fn performance_level(&self) -> Option<&PerformanceLevel> {
        self.performance_level.as_ref()
    }

    fn add_to<'a>(&'a self, params: &mut Params<'a>, number: usize) {
        let fields = [
            ("DiskId", self.disk_id.as_deref()),
            ("Category", self.category.as_ref().map(DiskCategory::as_str)),
            (
                "PerformanceLevel",
                self.performance_level
                    .as_ref()
                    .map(PerformanceLevel::as_str),
            ),
        ];
        for (field, value) in fields {
            if let Some(value) = value {
                params.add(format!("Disk.{number}.{field}"), value);
            }
        }
    }
}

/// The order that was placed.
///
/// The instance has its new type some seconds later, and runs as it after a restart through the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifyPrepayInstanceSpecResponse {
    request_id: String,
    order_id: Option<String>,
}

impl ModifyPrepayInstanceSpecResponse {
    /// A response, for your own tests.
    ///
    /// ```
    /// use aliyun_ecs::ModifyPrepayInstanceSpecResponse;
    ///
    /// let response = ModifyPrepayInstanceSpecResponse::new("req-1", "1234567890".to_owned());
    /// assert_eq!(response.order_id(), Some("1234567890"));
    /// ```
    pub fn new(request_id: impl Into<String>, order_id: impl Into<Option<String>>) -> Self {
        Self {
            request_id: request_id.into(),
            order_id: order_id.into(),
        }
    }

    /// The id of the request (`RequestId`), which the vendor's support asks for.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The id of the order (`OrderId`), digit for digit.
    ///
    /// The documentation does not say whether every downgrade or change of no price has one.
    pub fn order_id(&self) -> Option<&str> {
        self.order_id.as_deref()
    }
}
