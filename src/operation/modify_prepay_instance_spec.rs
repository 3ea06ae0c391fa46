//! `ModifyPrepayInstanceSpec`: changes the type of a subscription instance with a paid order.

use super::rpc::check_name;
use super::sealed::Table;
use super::wire;
use crate::error::Violations;
use crate::protocol::RawResponse;
use crate::types::{
    DiskCategory, DiskId, InstanceId, InstanceType, MinuteTime, ModifyMode, OperatorType,
    PerformanceLevel, SystemDiskCategory, shorten, shown,
};

operation! {
    /// A request that changes the type of a subscription instance with a paid order.
    ///
    /// A built request is valid and has a fixed client token, so sending it twice places one order. Use a new builder
    /// for a new order.
    ///
    /// The instance must not have expired. For a downgrade it must be `Stopped`, for an upgrade `Stopped` or `Running`.
    /// The change takes 5 to 10 seconds. It is **not in effect** until the instance is restarted through the API or the
    /// console: with `RebootInstance` if it is running, with `StartInstance` if it is stopped. A restart from within the
    /// operating system has no effect.
    /// (Source: the API's documentation of the operation, version 2014-05-26.)
    ///
    /// ```
    /// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
    ///
    /// let request =
    ///     ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
    ///         .auto_pay(true)
    ///         .build()?;
    /// println!("store this to resume: {}", request.client_token());
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    ModifyPrepayInstanceSpecRequest, ModifyPrepayInstanceSpecRequestBuilder => ModifyPrepayInstanceSpecResponse;
    action = "ModifyPrepayInstanceSpec";
    effect = Order;
    regional = region_id;
    idempotent = client_token;
    check = check;
    read = read;
    required {
        /// The instance.
        instance_id: InstanceId = "InstanceId";
        /// The new type.
        instance_type: InstanceType = "InstanceType";
    }
    optional {
        /// The direction of the change. By default the service detects it.
        ///
        /// If set, it must be the actual direction: documentation up to 2020 requires `downgrade` for a downgrade.
        Keyword<OperatorType> operator_type / set_operator_type = "OperatorType";
        /// The idempotency token: 1 to 64 printable ASCII characters. Default: a random UUID, fixed by
        /// [`build`](Self::build).
        ///
        /// Set it to repeat the request of an earlier process, for instance after a crash. All other parameters must
        /// then be the same, or the service rejects the request with `IdempotenceParamNotMatch`.
        Token client_token / set_client_token = "ClientToken";
        /// Whether an upgrade is paid immediately. Service default: `true`.
        ///
        /// With `true` and a balance that is too low, the service creates an abnormal order that can only be canceled.
        /// With `false` the order waits for payment in the console, and blocks further changes until then. Ignored for
        /// a downgrade.
        Boolean auto_pay / set_auto_pay = "AutoPay";
        /// Whether the instance may move to another cluster. Service default: `false`.
        ///
        /// A move may change the names of its disks (`xvda` to `vda`), its software license codes and, on the classic
        /// network, its private address.
        Boolean migrate_across_zone / set_migrate_across_zone = "MigrateAcrossZone";
        /// The category of the system disk after the change.
        ///
        /// The service uses it only for an upgrade from a retired type that is not I/O-optimized to a current one that
        /// is, and rejects it together with [`OperatorType::Downgrade`].
        Keyword<SystemDiskCategory> system_disk_category / set_system_disk_category = "SystemDisk.Category";
        /// When the instance restarts so that the change takes effect.
        ///
        /// The service accepts whole minutes: seconds are rounded up, so nothing happens early.
        Time reboot_time / set_reboot_time = "RebootTime";
        /// When a temporary change ends; must be later than the reboot time. Rounded up as
        /// [`reboot_time`](Self::reboot_time).
        ///
        /// While a temporary change is active, the service rejects other changes. According to the current Alibaba
        /// Cloud guide, temporary changes are no longer offered.
        Time end_time / set_end_time = "EndTime";
        /// Whether the instance restarts as soon as the change is made. Service default: `false`.
        ///
        /// No effect on a stopped instance. `true` excludes a reboot time.
        Boolean reboot_when_finished / set_reboot_when_finished = "RebootWhenFinished";
        /// Whether the instance keeps running during the change.
        ///
        /// Undocumented, but part of every official SDK.
        Keyword<ModifyMode> modify_mode / set_modify_mode = "ModifyMode";
        /// Adds a disk that is changed along with the type.
        ///
        /// Undocumented, but part of every official SDK.
        Objects<DiskChange> disks / disk = "Disk";
        /// Adds a parameter without a setter, by its wire name.
        ///
        /// [`build`](Self::build) rejects a name that has a setter or that the client sets itself.
        Verbatim extra_parameters / extra_parameter = "the name";
    }
}

fn check(builder: &mut ModifyPrepayInstanceSpecRequestBuilder, violations: &mut Violations) {
    if let (Some(category), Some(OperatorType::Downgrade)) =
        (&builder.system_disk_category, &builder.operator_type)
    {
        let problem = "is for an upgrade only: leave it out with OperatorType=downgrade";
        violations.add("SystemDisk.Category", category.as_str(), problem);
    }
    let minute = |time| MinuteTime::new(time).ok();
    let reboot_time = builder.reboot_time.and_then(minute);
    if let (Some(reboot), Some(end)) = (reboot_time, builder.end_time.and_then(minute))
        && end <= reboot
    {
        let problem = format!("must be later than RebootTime, {reboot}");
        violations.add("EndTime", &end.to_string(), problem);
    }
    if let (Some(reboot), Some(true)) = (reboot_time, builder.reboot_when_finished) {
        let problem = format!("contradicts RebootTime, {reboot}: set one of them");
        violations.add("RebootWhenFinished", "true", problem);
    }
    let disks = &builder.disks;
    for (index, disk) in disks.iter().enumerate() {
        let mut earlier = disks.iter().take(index);
        let same = earlier.position(|other| other.disk_id == disk.disk_id);
        if let (Some(id), Some(earlier)) = (&disk.disk_id, same) {
            let problem = format!("is a duplicate of Disk.{}", earlier + 1);
            violations.add(&format!("Disk.{}.DiskId", index + 1), id, problem);
        }
    }
    check_extra_parameters(&builder.extra_parameters, violations);
}

fn check_extra_parameters(extra: &[(String, String)], violations: &mut Violations) {
    for (index, (name, value)) in extra.iter().enumerate() {
        let is_name = |known: &str| known.eq_ignore_ascii_case(name);
        let mut known = ModifyPrepayInstanceSpecRequest::PARAMETERS.iter();
        let mut earlier = extra.iter().take(index);
        if known.any(|known| is_name(known)) || name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("Disk.")) {
            violations.add(name, value, "has a setter: use it instead");
        } else if earlier.any(|(earlier, _)| is_name(earlier)) {
            violations.add(&shown(name), value, "is set twice");
        } else {
            check_name(name, value, violations);
        }
    }
}

fn read(response: &RawResponse<'_>) -> Result<ModifyPrepayInstanceSpecResponse, String> {
    let mut read: ModifyPrepayInstanceSpecResponse = wire::read(response)?;
    if let Some(id) = read.order_id.as_deref().filter(|id| !is_order_id(id)) {
        return Err(format!("{:?} is not an OrderId", shorten(id, 40)));
    }
    // The body of every response has one of them, so a body with neither did not come from the service.
    if read.request_id.is_empty() {
        if read.order_id.is_none() {
            return Err("it has neither a RequestId nor an OrderId".into());
        }
        read.request_id = response.request_id().unwrap_or_default().to_owned();
    }
    Ok(read)
}

/// An order id contains a digit other than 0, and is never a fraction, a negative number or a word such as `null`.
fn is_order_id(text: &str) -> bool {
    let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
    text.contains(|c| ('1'..='9').contains(&c)) && (is_whole || text.parse::<f64>().is_err())
}

response! {
    /// The order that was placed.
    ///
    /// The instance has its new type a few seconds later. A restart through the API puts it into effect.
    pub ModifyPrepayInstanceSpecResponse {
        /// The request id, which Alibaba Cloud support asks for.
        request_id: String = scalar "RequestId" | "requestId";
        /// The id of the order.
        ///
        /// The documentation does not say whether every downgrade, or every change that costs nothing, has one.
        order_id: Option<String> = scalar "OrderId" | "orderId";
    }
}

object! {
    /// A disk that is changed along with the instance type (`Disk.N.…`).
    ///
    /// Undocumented, but part of every official SDK.
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
    #[derive(Default)]
    DiskChange;
    check = check_disk;
    /// The id of the disk. It requires a category.
    Text disk_id / with_disk_id = "DiskId";
    /// The category after the change.
    Keyword<DiskCategory> category / with_category = "Category";
    /// The performance level after the change.
    Keyword<PerformanceLevel> performance_level / with_performance_level = "PerformanceLevel";
}

impl DiskChange {
    /// An empty change.
    pub fn new() -> Self {
        Self::default()
    }
}

fn check_disk(disk: &DiskChange, name: &str, violations: &mut Violations) {
    let id = disk.disk_id().filter(|id| !id.is_empty());
    violations.check_optional(&format!("{name}.DiskId"), id.map(DiskId::new));
    if *disk == DiskChange::default() {
        let problem = "is empty: set a disk id and a category, or leave it out";
        violations.add(name, "", problem);
    }
    if let (Some(id), None) = (&disk.disk_id, &disk.category) {
        let problem = format!("is required along with {name}.DiskId {:?}", shown(id));
        violations.add(&format!("{name}.Category"), "", problem);
    }
}
