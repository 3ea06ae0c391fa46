//! The enums that describe instances and what they can become.

use std::fmt;
use std::str::FromStr;

use super::UnknownValue;

wire_enum! {
    /// The state of an instance (`Status`). `Running` and `Stopped` are stable.
    InstanceStatus {
        /// Being created.
        Pending = "Pending",
        /// On its way to `Running`.
        Starting = "Starting",
        /// Switched on. Also where the console says that the subscription expires soon.
        Running = "Running",
        /// On its way to `Stopped`.
        Stopping = "Stopping",
        /// Switched off. Also where the console says expired, locked or to be released.
        Stopped = "Stopped",
    }
}

wire_enum! {
    /// How an instance is paid for (`InstanceChargeType`).
    ChargeType {
        /// A subscription, paid in advance.
        PrePaid = "PrePaid",
        /// Pay-as-you-go.
        PostPaid = "PostPaid",
    }
}

wire_enum! {
    /// Why an instance is locked (`LockReason`); starting, stopping and changing it then fail.
    LockReason {
        /// Overdue payments.
        Financial = "financial",
        /// Security reasons.
        Security = "security",
        /// A spot instance about to be released.
        Recycling = "Recycling",
        /// Overdue payments for its dedicated host.
        DedicatedHostFinancial = "dedicatedhostfinancial",
        /// The instance was refunded.
        Refunded = "refunded",
    }
}

wire_enum! {
    /// What happens to the billing of an instance while it is stopped (`StoppedMode`).
    StoppedMode {
        /// Computing is not billed, and the resources may be gone at the next start. Without effect on subscriptions.
        StopCharging = "StopCharging",
        /// Billing goes on.
        KeepCharging = "KeepCharging",
        /// The instance is of a kind for which there is no choice; in answers only.
        NotApplicable = "Not-applicable",
    }
}

wire_enum! {
    /// The kind of change to ask possible targets for (`OperationType` of `DescribeResourcesModification`).
    ModificationType {
        /// To a larger type; the only one for pay-as-you-go instances.
        Upgrade = "Upgrade",
        /// To a smaller type.
        Downgrade = "Downgrade",
        /// To a smaller type along with a renewal.
        RenewDowngrade = "RenewDowngrade",
        /// To another type along with a renewal.
        RenewModify = "RenewModify",
    }
}

wire_enum! {
    /// What to change (`DestinationResource` of `DescribeResourcesModification`).
    DestinationResource {
        /// The instance type.
        InstanceType = "InstanceType",
        /// The category of the system disk.
        SystemDisk = "SystemDisk",
    }
}

wire_enum! {
    /// Whether a resource can be had (`Status` of `DescribeResourcesModification`).
    ResourceStatus {
        /// On sale.
        Available = "Available",
        /// Sold out at present.
        SoldOut = "SoldOut",
    }
}

wire_enum! {
    /// The stock of a resource (`StatusCategory` of `DescribeResourcesModification`).
    StockCategory {
        /// Enough.
        WithStock = "WithStock",
        /// Little; likely to be sold out soon.
        ClosedWithStock = "ClosedWithStock",
        /// None; will be replenished.
        WithoutStock = "WithoutStock",
        /// None; will not be replenished.
        ClosedWithoutStock = "ClosedWithoutStock",
    }
}

wire_enum! {
    /// Whether disks are attached by the NVMe protocol (`NvmeSupport`).
    NvmeSupport {
        /// Always: the operating system needs the driver.
        Required = "required",
        /// Possible.
        Supported = "supported",
        /// Never.
        Unsupported = "unsupported",
    }
}
