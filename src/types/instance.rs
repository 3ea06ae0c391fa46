//! The enums that describe instances and what they can be changed to.

use std::fmt;
use std::str::FromStr;

use super::UnknownValue;

wire_enum! {
    /// The state of an instance (`Status`). `Running` and `Stopped` are stable.
    InstanceStatus {
        /// Being created.
        Pending = "Pending",
        /// Becomes `Running`.
        Starting = "Starting",
        /// Running. The console shows `Expiring` if the subscription expires soon.
        Running = "Running",
        /// Becomes `Stopped`.
        Stopping = "Stopping",
        /// Stopped. The console shows `Expired`, `Locked` or `To Be Released` in some cases.
        Stopped = "Stopped",
    }
}

wire_enum! {
    /// The billing method of an instance (`InstanceChargeType`).
    ChargeType {
        /// A subscription, paid in advance.
        PrePaid = "PrePaid",
        /// Pay-as-you-go.
        PostPaid = "PostPaid",
    }
}

wire_enum! {
    /// Why an instance is locked (`LockReason`). A locked instance cannot be started, stopped or changed.
    LockReason {
        /// Overdue payments.
        Financial = "financial",
        /// Security reasons.
        Security = "security",
        /// A spot instance that is about to be released.
        Recycling = "Recycling",
        /// Overdue payments for its dedicated host.
        DedicatedHostFinancial = "dedicatedhostfinancial",
        /// The instance was refunded.
        Refunded = "refunded",
    }
}

wire_enum! {
    /// What happens to billing while an instance is stopped (`StoppedMode`).
    StoppedMode {
        /// Compute is not billed, and the resources may not be available at the next start. No effect on subscriptions.
        StopCharging = "StopCharging",
        /// Billing continues.
        KeepCharging = "KeepCharging",
        /// The kind of instance does not have a choice. In responses only.
        NotApplicable = "Not-applicable",
    }
}

wire_enum! {
    /// The kind of change (`OperationType` of `DescribeResourcesModification`).
    ModificationType {
        /// To a type with a higher price; the only kind for pay-as-you-go instances.
        Upgrade = "Upgrade",
        /// To a type with a lower price.
        Downgrade = "Downgrade",
        /// To a type with a lower price, with a renewal.
        RenewDowngrade = "RenewDowngrade",
        /// To another type, with a renewal.
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
    /// Whether a resource is available (`Status` of `DescribeResourcesModification`).
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
        /// Low; likely to be sold out soon.
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
