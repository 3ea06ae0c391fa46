//! The codes the service answers with: one row a code, sorted by wire form without regard to case.
//!
//! A row says everything this crate knows about a code. To add a code, add its row; the enum, its
//! documentation, the look-up and the tests follow.

use std::cmp::Ordering;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($($variant:ident | $wire:literal | $category:ident | $retry:ident | $meaning:literal)*) => {
        /// The code of an error answer.
        ///
        /// Codes, not HTTP statuses, tell errors apart: the service has sent one code with several
        /// statuses over the years. They are compared without regard to ASCII case, which it has
        /// changed as well, and keep their documented spelling, mistakes included.
        ///
        /// A code that has no variant yet is [`Unknown`](Self::Unknown), keeps its text and is
        /// given a [category](Self::category) by its form. Match a code that may get its own
        /// variant later by text: `code == "Some.NewCode"` stays true when it does.
        ///
        /// ```
        /// use aliyun_ecs::error::{ErrorCategory, ErrorCode};
        ///
        /// let code = ErrorCode::from("operationdenied.nostock");
        /// assert_eq!(code, ErrorCode::OperationDeniedNoStock);
        /// assert_eq!(code.as_str(), "OperationDenied.NoStock");
        /// assert_eq!(code.category(), ErrorCategory::Stock);
        ///
        /// let new = ErrorCode::from("QuotaExceed.KeyPairs");
        /// assert_eq!(new, "QuotaExceed.KeyPairs");
        /// assert_eq!(new.category(), ErrorCategory::Quota);
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(
                #[doc = concat!("`", $wire, "`: ", $meaning)]
                $variant,
            )*
            /// A code without a row of its own, as it was received.
            Unknown(UnknownCode),
        }

        /// Every known code, in the order of the table, which is the order of the binary search.
        static KNOWN: &[ErrorCode] = &[$(ErrorCode::$variant),*];

        impl ErrorCode {
            /// The code as the service spells it; an unknown code exactly as it was received.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Unknown(UnknownCode(text)) => text,
                }
            }

            /// The row of a known code; of any other code, only that it is undocumented.
            pub(super) const fn documented(&self) -> &'static Facts {
                match self {
                    $(Self::$variant => &Facts {
                        category: ErrorCategory::$category,
                        retry: RetryClass::$retry,
                        meaning: $meaning,
                    },)*
                    Self::Unknown(_) => &UNDOCUMENTED,
                }
            }
        }
    };
}

//  variant | wire form | category | retry class | meaning: what is wrong, and what to do about it
codes! {
    AccountArrearage                                    | "Account.Arrearage"                                    | Billing     | Never              | "the account owes money; pay the outstanding bills, then call again"
    BillingMethodNotFound                               | "BillingMethodNotFound"                                | Billing     | Never              | "the paying account has no way to pay set up; add a payment method in the billing console"
    ChargeTypeViolation                                 | "ChargeTypeViolation"                                  | Billing     | Never              | "the operation is not meant for how this instance is billed; pick the one made for its charge type"
    DiskError                                           | "DiskError"                                            | State       | Never              | "a disk of the instance is in a state that rules this out; look at its disks first"
    DiskInArrears                                       | "DiskInArrears"                                        | Billing     | Never              | "a disk of the instance has expired or is unpaid; settle that, then start again"
    DryRunOperation                                     | "DryRunOperation"                                      | Validation  | Never              | "not a failure: a dry run passed every check and changed nothing; send it again without DryRun to act"
    Forbidden                                           | "Forbidden"                                            | Permission  | Never              | "access is refused; give the caller a RAM policy that allows this action on this resource"
    ForbiddenAccessKeyDisabled                          | "Forbidden.AccessKeyDisabled"                          | Auth        | Never              | "the access key is switched off; enable it in RAM or use another one"
    ForbiddenNotSupportRam                              | "Forbidden.NotSupportRAM"                              | Permission  | Never              | "the operation is closed to RAM users and roles; call it as the main account"
    ForbiddenRam                                        | "Forbidden.RAM"                                        | Permission  | Never              | "a RAM policy denies the call, or the operation takes no RAM callers; access_denied_detail, if sent, names the policy"
    ForbiddenRiskControl                                | "Forbidden.RiskControl"                                | Permission  | Never              | "risk control has blocked the account or the action; ask Alibaba Cloud support to lift it"
    ForbiddenSubUser                                    | "Forbidden.SubUser"                                    | Permission  | Never              | "the action is closed to sub-users; call it as the main account"
    ForbiddenUnauthorized                               | "Forbidden.Unauthorized"                               | Permission  | Never              | "the caller has no right to this resource; allow the action on it in a RAM policy"
    ForbiddenUserVerification                           | "Forbidden.UserVerification"                           | Permission  | Never              | "the account is not verified; complete verification in the console"
    HibernationConfiguredInstanceOperationForbidden     | "HibernationConfigured.InstanceOperationForbidden"     | State       | Never              | "the instance is set up for hibernation, which rules this change out"
    HibernationConfiguredNotEnabled                     | "HibernationConfigured.NotEnabled"                     | Validation  | Never              | "the instance is not set up for hibernation; stop it without"
    IdempotenceProcessing                               | "Idempotence.Processing"                               | Idempotency | InProgress         | "the first request with this client token is still running; wait and send the same request with the same token"
    IdempotenceParamNotMatch                            | "IdempotenceParamNotMatch"                             | Idempotency | Never              | "this client token was spent on a request with other parameters; use a new token for a new intent"
    IdempotentParameterMismatch                         | "IdempotentParameterMismatch"                          | Idempotency | Never              | "this client token already stands for other parameters; a changed request needs its own token"
    IllegalTimestamp                                    | "IllegalTimestamp"                                     | Auth        | StaleClock         | "the Timestamp is absent, malformed or too old, whatever the message says; check the clock and sign again"
    ImageNotSupportInstanceType                         | "ImageNotSupportInstanceType"                          | Validation  | Never              | "the image of the instance cannot run on the target type; choose another type or replace the image"
    ImageOrderFailed                                    | "ImageOrderFailed"                                     | Server      | Later              | "the marketplace image could not be ordered along with the change; try later, open a ticket if it stays"
    IncompleteSignature                                 | "IncompleteSignature"                                  | Auth        | Never              | "the signature is wrong or badly built; check the access key secret and how the request was signed"
    IncorrectInstanceStatus                             | "IncorrectInstanceStatus"                              | State       | Later              | "the resource is in a state that rules the change out; wait until it is stable, Running or Stopped, and look again"
    InstanceDowngradeQuotaExceed                        | "InstanceDowngrade.QuotaExceed"                        | Quota       | Never              | "the instance has used up the downgrades it may have; keep the type or raise the quota"
    InstanceExpired                                     | "InstanceExpired"                                      | Billing     | Never              | "the instance has expired or the account owes money; renew or pay first"
    InstanceExpiredOrInArrears                          | "InstanceExpiredOrInArrears"                           | Billing     | Never              | "the subscription has run out or the account owes money; renew or pay first"
    InstanceLockedForSecurity                           | "InstanceLockedForSecurity"                            | State       | Never              | "the instance is locked for security reasons and refuses changes; resolve the lock in the console first"
    InstanceNotReady                                    | "InstanceNotReady"                                     | State       | Later              | "the instance is not ready yet; wait a little and look again"
    InstanceTypeOffline                                 | "InstanceType.Offline"                                 | Stock       | Never              | "the target type is withdrawn or scarce; choose a type that is on sale"
    InstanceTypeParameterMismatch                       | "InstanceType.ParameterMismatch"                       | Validation  | Never              | "an instance with local disks stops only with ConfirmStop set to true, which says that their data may be lost"
    InstanceTypeNotSupportedTooManyDisksAttached        | "InstanceTypeNotSupported.TooManyDisksAttached"        | Validation  | Never              | "the instance has more disks than the target type takes; detach some or choose a larger type"
    InsufficientBalance                                 | "InsufficientBalance"                                  | Billing     | Never              | "the balance does not cover the operation; top up the account"
    InternalError                                       | "InternalError"                                        | Server      | Transient          | "the service failed on its side; send the same request with the same client token, report the request id if it stays"
    InvalidDestinationResource                          | "Invalid.DestinationResource"                          | Validation  | Never              | "the resource to change is neither InstanceType nor SystemDisk"
    InvalidInstanceChargeType                           | "Invalid.InstanceChargeType"                           | Validation  | Never              | "the billing method is not one that can be asked for here"
    InvalidInstancePayType                              | "Invalid.InstancePayType"                              | Validation  | Never              | "the way the instance is paid for is not known here"
    InvalidIoOptimized                                  | "Invalid.IoOptimized"                                  | Validation  | Never              | "the I/O optimization of the instance does not allow this question"
    InvalidNetworkCategory                              | "Invalid.NetworkCategory"                              | Validation  | Never              | "the network type of the instance does not allow this question"
    InvalidOperationType                                | "Invalid.OperationType"                                | Validation  | Never              | "the kind of change is not known, or not for how this instance is billed; subscriptions take Upgrade and Downgrade"
    InvalidParam                                        | "Invalid.Param"                                        | Validation  | Never              | "the DestinationResource is missing; send InstanceType or SystemDisk"
    InvalidPrivatePoolOptionsNoStock                    | "Invalid.PrivatePoolOptions.NoStock"                   | Stock       | Later              | "the private pool is used up; enlarge it or change how the instance matches pools"
    InvalidRegionId                                     | "Invalid.RegionId"                                     | Validation  | Never              | "there is no such region, or not for this account; check the region"
    InvalidResourceId                                   | "Invalid.ResourceId"                                   | Validation  | Never              | "the instance id is refused; check it and its region"
    InvalidResourceType                                 | "Invalid.ResourceType"                                 | Validation  | Never              | "there is no such type of resource"
    InvalidSpotStrategy                                 | "Invalid.SpotStrategy"                                 | Validation  | Never              | "the spot strategy is not known"
    InvalidAcceptLanguageNotFound                       | "InvalidAcceptLanguage.NotFound"                       | NotFound    | Never              | "the language is not offered; take zh-CN or en-US"
    InvalidAccessKeyIdInactive                          | "InvalidAccessKeyId.Inactive"                          | Auth        | Never              | "the access key exists but is inactive; enable it or use another one"
    InvalidAccessKeyIdNotFound                          | "InvalidAccessKeyId.NotFound"                          | Auth        | Never              | "no such access key id; check the credentials, or whether the key has been deleted"
    InvalidAccountNotFound                              | "InvalidAccount.NotFound"                              | Auth        | Never              | "no such account; check whose credentials are in use and the owner parameters"
    InvalidAccountStatusNotEnoughBalance                | "InvalidAccountStatus.NotEnoughBalance"                | Billing     | Never              | "the balance or payment method does not cover the order; top up the account first"
    InvalidAction                                       | "InvalidAction"                                        | State       | Never              | "the operation does not suit this resource as it is now; the message has the reason"
    InvalidActionNotFound                               | "InvalidAction.NotFound"                               | Validation  | Never              | "no such operation at this endpoint; check the spelling of Action, which is case-sensitive, and the endpoint"
    InvalidActionWithActiveElasticUpgrade               | "InvalidAction.WithActiveElasticUpgrade"               | State       | Later              | "a temporary upgrade is still in force; change the type after its end time"
    InvalidApiNotFound                                  | "InvalidApi.NotFound"                                  | Validation  | Never              | "this endpoint knows no such operation; check Action, Version and that the host is an ECS one"
    InvalidBillingMethod                                | "InvalidBillingMethod"                                 | Billing     | Never              | "the billing method is not known or not usable here; check how the instance is paid for"
    InvalidBillingMethodValueNotSupported               | "InvalidBillingMethod.ValueNotSupported"               | Billing     | Never              | "the way this instance is billed rules the change out; pay-as-you-go instances take ModifyInstanceSpec"
    InvalidCapacityReservationIdNotFound                | "InvalidCapacityReservationId.NotFound"                | NotFound    | Never              | "the capacity reservation of the instance does not exist any more; change how the instance matches pools"
    InvalidClientTokenValueNotSupported                 | "InvalidClientToken.ValueNotSupported"                 | Idempotency | Never              | "the client token is refused; it must be ASCII and at most 64 characters long"
    InvalidConditionMalformed                           | "InvalidCondition.Malformed"                           | Validation  | Never              | "a condition is refused; DiskCategory is the one that exists"
    InvalidDataDiskCategoryValueNotSupported            | "InvalidDataDiskCategory.ValueNotSupported"            | Validation  | Never              | "the category of a data disk does not work with the target type; choose another type or convert the disk"
    InvalidDataDiskSizeValueNotSupported                | "InvalidDataDiskSize.ValueNotSupported"                | Validation  | Never              | "the size of a data disk is outside the range of its category"
    InvalidDedicatedHostNotEnoughResource               | "InvalidDedicatedHost.NotEnoughResource"               | Stock       | Later              | "the dedicated host has no room for the instance; free some or move the instance"
    InvalidDedicatedHostIdNotFound                      | "InvalidDedicatedHostId.NotFound"                      | NotFound    | Never              | "no such dedicated host in this region and account"
    InvalidDiskDetachedSystemDisk                       | "InvalidDisk.DetachedSystemDisk"                       | State       | Never              | "the system disk is not attached; attach it, then change the type"
    InvalidDiskCategoryMissing                          | "InvalidDiskCategory.Missing"                          | Validation  | Never              | "a data disk came without its category; send DataDisk.N.Category"
    InvalidDiskCategoryValueNotSupported                | "InvalidDiskCategory.ValueNotSupported"                | Validation  | Never              | "the category of a disk is not one that can be asked for here"
    InvalidDiskIdNotFound                               | "InvalidDiskId.NotFound"                               | NotFound    | Never              | "no such disk in this region and account; check the id and the region"
    InvalidDiskSizeTooSmall                             | "InvalidDiskSize.TooSmall"                             | Validation  | Never              | "the disk is too small for its performance level; ask for more or for a lower level"
    InvalidFilterKeyNotFound                            | "InvalidFilterKey.NotFound"                            | NotFound    | Never              | "the key of a filter is not known"
    InvalidHpcClusterIdCreating                         | "InvalidHpcClusterId.Creating"                         | Validation  | Never              | "the HPC cluster is still being created; wait and ask again"
    InvalidHpcClusterIdNotFound                         | "InvalidHpcClusterId.NotFound"                         | NotFound    | Never              | "no such HPC cluster in this region and account"
    InvalidIdempotenceParameterMismatch                 | "InvalidIdempotenceParameter.Mismatch"                 | Idempotency | Never              | "the parameters are not those first sent with this client token; take a new token for a changed request"
    InvalidImageIdNotFound                              | "InvalidImageId.NotFound"                              | NotFound    | Never              | "no such image in this region and account; check the id and the region"
    InvalidInstanceEipNotSupport                        | "InvalidInstance.EipNotSupport"                        | State       | Never              | "an elastic IP address stands in the way on this kind of instance; unbind it, then change the type"
    InvalidInstanceNotFoundSystemDisk                   | "InvalidInstance.NotFoundSystemDisk"                   | State       | Never              | "there is no system disk to start from; attach one first"
    InvalidInstancePreInstanceExpired                   | "InvalidInstance.PreInstanceExpired"                   | Billing     | Never              | "the subscription has expired, although the message reads like the opposite; renew the instance first"
    InvalidInstancePurchaseNotFound                     | "InvalidInstance.PurchaseNotFound"                     | Billing     | Never              | "billing holds no order the instance was bought with, so it cannot be changed by order; ask support"
    InvalidInstanceUnpaidOrder                          | "InvalidInstance.UnpaidOrder"                          | Billing     | Never              | "an order for this instance waits for payment; pay or cancel it, then call again"
    InvalidInstanceChargeTypeNotFound                   | "InvalidInstanceChargeType.NotFound"                   | NotFound    | Never              | "there is no such billing method; PrePaid and PostPaid are the two"
    InvalidInstanceChargeTypeValueNotSupported          | "InvalidInstanceChargeType.ValueNotSupported"          | Billing     | Never              | "the operation does not accept the charge type of this instance; this one is for subscriptions only"
    InvalidInstanceIdNotFound                           | "InvalidInstanceId.NotFound"                           | NotFound    | Never              | "no such instance in this region and account; check the id, the region and whose credentials are used"
    InvalidInstanceIdNotSupport                         | "InvalidInstanceId.NotSupport"                         | Validation  | Never              | "this kind of instance does not take the stop mode that was asked for; leave StoppedMode out"
    InvalidInstanceIdReleased                           | "InvalidInstanceId.Released"                           | NotFound    | Never              | "the instance is gone: it has been released and cannot be changed"
    InvalidInstanceStatus                               | "InvalidInstanceStatus"                                | State       | Later              | "the state of the instance rules the change out; wait until it is Running or Stopped and look again"
    InvalidInstanceTypeNotSupportDiskCategory           | "InvalidInstanceType.NotSupportDiskCategory"           | Validation  | Never              | "the instance type does not work with the category of an attached disk; choose another type or convert the disk"
    InvalidInstanceTypeNotSupported                     | "InvalidInstanceType.NotSupported"                     | Validation  | Never              | "the target type is refused for this change; take one from DescribeResourcesModification"
    InvalidInstanceTypeNotSupportUpgrade                | "InvalidInstanceType.NotSupportUpgrade"                | Validation  | Never              | "the target type is the smaller one, and prices are told for upgrades only"
    InvalidInstanceTypeValueNotSupported                | "InvalidInstanceType.ValueNotSupported"                | Validation  | Never              | "the target type cannot be used here; take one from DescribeResourcesModification"
    InvalidInstanceTypeValueUnauthorized                | "InvalidInstanceType.ValueUnauthorized"                | Permission  | Never              | "the account may not use the target type; apply for access or choose another one"
    InvalidInternetChargeTypeValueNotSupported          | "InvalidInternetChargeType.ValueNotSupported"          | Validation  | Never              | "the way network traffic is billed is not known"
    InvalidLockReasonNotFound                           | "InvalidLockReason.NotFound"                           | NotFound    | Never              | "there is no such lock reason to filter by"
    InvalidNetworkTypeNotFound                          | "InvalidNetworkType.NotFound"                          | NotFound    | Never              | "there is no such network type to filter by; classic and vpc are the two"
    InvalidOperationEniCountExceeded                    | "InvalidOperation.EniCountExceeded"                    | Validation  | Never              | "too many network interfaces for the target type; detach the surplus or choose a larger type"
    InvalidOperationExceedInstanceTypeQueueNumber       | "InvalidOperation.ExceedInstanceTypeQueueNumber"       | Validation  | Never              | "the interfaces use more queues in total than the target type has; lower their queue numbers"
    InvalidOperationInstanceRenewWithDowngradeInPlan    | "InvalidOperation.InstanceRenewWithDowngradeInPlan"    | State       | Later              | "a renewal at a smaller type is already booked; no other change until it takes effect"
    InvalidOperationIpv4CountExceeded                   | "InvalidOperation.Ipv4CountExceeded"                   | Validation  | Never              | "too many private IPv4 addresses on one interface for the target type; release the surplus"
    InvalidOperationIpv4NotSupport                      | "InvalidOperation.Ipv4NotSupport"                      | Validation  | Never              | "the target type takes no secondary private IPv4 addresses; release them or choose another type"
    InvalidOperationIpv6CountExceeded                   | "InvalidOperation.Ipv6CountExceeded"                   | Validation  | Never              | "too many IPv6 addresses on one interface for the target type; release the surplus"
    InvalidOperationIpv6NotSupport                      | "InvalidOperation.Ipv6NotSupport"                      | Validation  | Never              | "the target type has no IPv6; release the IPv6 addresses or choose another type"
    InvalidOperationKmsKeyIdNotFound                    | "InvalidOperation.KMSKeyIdNotFound"                    | NotFound    | Never              | "the key that a disk is encrypted with does not exist any more; restore it first"
    InvalidOperationKmsServiceNotOpen                   | "InvalidOperation.KMSServiceNotOpen"                   | Validation  | Never              | "the key management service is not open, and a disk is encrypted with it"
    InvalidOperationMaxEniQueueNumberExceeded           | "InvalidOperation.MaxEniQueueNumberExceeded"           | Validation  | Never              | "one interface has more queues than the target type allows for a single interface; lower its queue number"
    InvalidOperationMaxModifyOnlineNumberExceeded       | "InvalidOperation.MaxModifyOnlineNumberExceeded"       | Quota       | Never              | "the instance has used up its online changes since the last restart; restart it, then change again"
    InvalidOperationOnlineModificationUnsupported       | "InvalidOperation.OnlineModificationUnsupported"       | Validation  | Never              | "this instance cannot change while running because of its CPU topology; use ModifyMode Offline"
    InvalidOperationOsTypeNotSupported                  | "InvalidOperation.OSTypeNotSupported"                  | Validation  | Never              | "the operating system does not allow this change; try it offline or with another image"
    InvalidOperationRebootingRequired                   | "InvalidOperation.RebootingRequired"                   | State       | Never              | "an earlier change still waits for a restart; restart the instance through the API, then change again"
    InvalidOperationStarterPackage                      | "InvalidOperation.StarterPackage"                      | Validation  | Never              | "instances bought as a starter package keep their type; buy a regular instance instead"
    InvalidOperationVpcHasEnabledAdvancedNetworkFeature | "InvalidOperation.VpcHasEnabledAdvancedNetworkFeature" | Validation  | Never              | "the VPC uses advanced networking that the target type lacks; choose a more capable type"
    InvalidOwner                                        | "InvalidOwner"                                         | Validation  | Never              | "either OwnerId or OwnerAccount, not both; send one of them"
    InvalidOwnerAccount                                 | "InvalidOwnerAccount"                                  | Validation  | Never              | "the value of OwnerAccount is refused; correct it or leave it out"
    InvalidOwnerId                                      | "InvalidOwnerId"                                       | Validation  | Never              | "the value of OwnerId is refused; correct it or leave it out"
    InvalidParamCores                                   | "InvalidParam.Cores"                                   | Validation  | Never              | "a number of cores can be asked for with instance types only; leave it out"
    InvalidParamMemory                                  | "InvalidParam.Memory"                                  | Validation  | Never              | "a memory size can be asked for with instance types only; leave it out"
    InvalidParamTypeAndCpuMemConflict                   | "InvalidParam.TypeAndCpuMem.Conflict"                  | Validation  | Never              | "an instance type and a size were both given; send one of them"
    InvalidParamater                                    | "InvalidParamater"                                     | Auth        | Never              | "a signature setting is refused (the service spells the code this way); V1 takes HMAC-SHA1 and version 1.0"
    InvalidParameter                                    | "InvalidParameter"                                     | Validation  | Never              | "a parameter is refused; the message says which one"
    InvalidParameterAccept                              | "InvalidParameter.Accept"                              | Validation  | Never              | "the Accept header asks for a type the gateway cannot give; ask for JSON or XML"
    InvalidParameterDiskCategory                        | "InvalidParameter.DiskCategory"                        | Validation  | Never              | "a Disk.N.Category is refused; use a category that the target type works with"
    InvalidParameterEncryptedKmsNotEnable               | "InvalidParameter.Encrypted.KmsNotEnable"              | Validation  | Never              | "a disk is encrypted and the key management service is not activated; activate it"
    InvalidParameterFormat                              | "InvalidParameter.Format"                              | Validation  | Never              | "the Format parameter is refused; it is JSON or XML"
    InvalidParameterInstanceId                          | "InvalidParameter.InstanceId"                          | Validation  | Never              | "the InstanceId is refused; the message has the reason: check its spelling and what it names"
    InvalidParameterInvalidEniQueueNumber               | "InvalidParameter.InvalidEniQueueNumber"               | Validation  | Never              | "the queue number of an interface does not suit the target type; change it first"
    InvalidParameterIsNull                              | "InvalidParameter.IsNull"                              | Validation  | Never              | "a parameter that must be there is empty; fill it in"
    InvalidParameterKmsKeyIdCmkNotEnabled               | "InvalidParameter.KMSKeyId.CMKNotEnabled"              | Validation  | Never              | "the key that a disk is encrypted with is disabled; enable it"
    InvalidParameterKmsKeyIdCmkUnauthorized             | "InvalidParameter.KMSKeyId.CMKUnauthorized"            | Permission  | Never              | "the service may not use the key that a disk is encrypted with; tag the key for it"
    InvalidParameterKmsKeyIdKmsUnauthorized             | "InvalidParameter.KMSKeyId.KMSUnauthorized"            | Permission  | Never              | "the service may not use the account's keys; authorize it in the key management service"
    InvalidParameterKmsKeyIdNotFound                    | "InvalidParameter.KMSKeyId.NotFound"                   | NotFound    | Never              | "the key that a disk is encrypted with does not exist"
    InvalidParameterOwnerAccount                        | "InvalidParameter.OwnerAccount"                        | Validation  | Never              | "the given OwnerAccount is not accepted; correct it or leave it out"
    InvalidParameterResourceOwnerAccount                | "InvalidParameter.ResourceOwnerAccount"                | Validation  | Never              | "the given ResourceOwnerAccount is not accepted; correct it or leave it out"
    InvalidParameterResourceOwnerId                     | "InvalidParameter.ResourceOwnerId"                     | Validation  | Never              | "the ResourceOwnerId is no longer accepted; leave it out"
    InvalidPerformanceLevelMalformed                    | "InvalidPerformanceLevel.Malformed"                    | Validation  | Never              | "a Disk.N.PerformanceLevel is refused; correct it or leave it out"
    InvalidProductNotFound                              | "InvalidProduct.NotFound"                              | Validation  | Never              | "the host belongs to no product; check the endpoint"
    InvalidProtocolNeedSsl                              | "InvalidProtocol.NeedSsl"                              | Validation  | Never              | "the endpoint takes HTTPS only; use an https:// endpoint"
    InvalidRebootTimeMalFormed                          | "InvalidRebootTime.MalFormed"                          | Validation  | Never              | "the RebootTime cannot be read; it is UTC to the minute, as in 2030-01-31T12:00Z"
    InvalidRebootTimeValueNotSupported                  | "InvalidRebootTime.ValueNotSupported"                  | Validation  | Never              | "the RebootTime is readable but not allowed, for example in the past; choose another time"
    InvalidRegionIdNotFound                             | "InvalidRegionId.NotFound"                             | NotFound    | Never              | "no such region, or it is not open to this account; check the region id"
    InvalidResourceGroupNotFound                        | "InvalidResourceGroup.NotFound"                        | NotFound    | Never              | "no such resource group in this account"
    InvalidResourceIdNotFound                           | "InvalidResourceId.NotFound"                           | NotFound    | Never              | "no such instance in this region and account; check the id and the region"
    InvalidResourceTypeNotFound                         | "InvalidResourceType.NotFound"                         | NotFound    | Never              | "there is no such type of resource"
    InvalidResourceTypeNotSupported                     | "InvalidResourceType.NotSupported"                     | Stock       | Never              | "the zone does not sell this combination of resources; choose another type or zone"
    InvalidSecurityGroupIdNotFound                      | "InvalidSecurityGroupId.NotFound"                      | NotFound    | Never              | "no such security group in this region and account; check the id and the region"
    InvalidSecurityTokenExpired                         | "InvalidSecurityToken.Expired"                         | Auth        | ExpiredCredentials | "the temporary credentials have expired; fetch new ones and sign again"
    InvalidSecurityTokenMalformed                       | "InvalidSecurityToken.Malformed"                       | Auth        | Never              | "the security token is unreadable; check that it was copied whole"
    InvalidSecurityTokenMismatchWithAccessKey           | "InvalidSecurityToken.MismatchWithAccessKey"           | Auth        | Never              | "security token and access key are not from the same set; use the three values issued together"
    InvalidSignatureMethod                              | "InvalidSignatureMethod"                               | Auth        | Never              | "the gateway does not take this signature method; V1 signs with HMAC-SHA1"
    InvalidSnapshotIdNotFound                           | "InvalidSnapshotId.NotFound"                           | NotFound    | Never              | "no such snapshot in this region and account; check the id and the region"
    InvalidStatusNotFound                               | "InvalidStatus.NotFound"                               | NotFound    | Never              | "there is no such instance state to filter by"
    InvalidStatusNotStopped                             | "InvalidStatus.NotStopped"                             | State       | Never              | "the instance must be Stopped for this change, as for every downgrade; stop it, then call again"
    InvalidSystemDiskCategoryNotMatchInstanceType       | "InvalidSystemDiskCategory.NotMatchInstanceType"       | Validation  | Never              | "the target type cannot boot from this category of system disk; choose another type or category"
    InvalidSystemDiskCategoryValueNotSupported          | "InvalidSystemDiskCategory.ValueNotSupported"          | Validation  | Never              | "the category of the system disk is not accepted for this change"
    InvalidTagMismatch                                  | "InvalidTag.Mismatch"                                  | Validation  | Never              | "a tag has a value without its key; send both under one number"
    InvalidTagCount                                     | "InvalidTagCount"                                      | Validation  | Never              | "too many tags; at most 20 can be given"
    InvalidTimeStampExpired                             | "InvalidTimeStamp.Expired"                             | Auth        | StaleClock         | "the local clock is more than 15 minutes off; correct it and sign again"
    InvalidTimeStampFormat                              | "InvalidTimeStamp.Format"                              | Auth        | Never              | "the Timestamp is not in the form 2030-01-31T12:00:00Z, in UTC"
    InvalidUserPassRoleForbidden                        | "InvalidUser.PassRoleForbidden"                        | Permission  | Never              | "the caller may not hand on the RAM role of the instance; grant ram:PassRole"
    InvalidVersion                                      | "InvalidVersion"                                       | Validation  | Never              | "the API version is refused; ECS is 2014-05-26"
    InvalidNamedParameter                               | "Invalid{ParameterName}"                               | Validation  | Never              | "the gateway refused the value of the parameter that the code names; correct it"
    LackResource                                        | "LackResource"                                         | Stock       | Later              | "the capacity reservation has no room left; enlarge it or start without it"
    LastOrderProcessing                                 | "LastOrderProcessing"                                  | Billing     | AfterAmbiguous     | "an earlier order for this instance is still being worked on, maybe this very one; wait and look before ordering again"
    LastRequestProcessing                               | "LastRequestProcessing"                                | State       | InProgress         | "an earlier request for this instance is still running; wait, then send the same one again"
    LastTokenProcessing                                 | "LastTokenProcessing"                                  | Idempotency | InProgress         | "the request first sent with this client token has not finished; send the same one again shortly"
    LimitedOperationServiceUnavailable                  | "LimitedOperation.ServiceUnavailable"                  | Server      | Transient          | "the service cannot do this for the moment; try again shortly"
    MissingParameter                                    | "MissingParameter"                                     | Validation  | Never              | "a required parameter is absent; the message says which one"
    MissingParameterDiskCategory                        | "MissingParameter.DiskCategory"                        | Validation  | Never              | "a Disk.N.DiskId was sent alone; send Disk.N.Category with it"
    MissingParameterInstanceIdNotSupported              | "MissingParameter.InstanceIdNotSupported"              | Validation  | Never              | "the request names no instance; send InstanceId"
    MissingParameterInstanceTypeOrDataDisk              | "MissingParameter.InstanceTypeOrDataDisk"              | Validation  | Never              | "nothing to price; send an instance type or a data disk"
    MissingParameterRegionId                            | "MissingParameter.RegionId"                            | Validation  | Never              | "the request names no region; send RegionId"
    MissingSecurityToken                                | "MissingSecurityToken"                                 | Auth        | Never              | "the access key is a temporary one and came without its security token; send both"
    MissingNamedParameter                               | "Missing{ParameterName}"                               | Validation  | Never              | "the parameter that the code names is required and absent; send it"
    NoPermission                                        | "NoPermission"                                         | Permission  | Never              | "the caller may not do this; have the action allowed in a RAM policy"
    NoPermissionPrice                                   | "NoPermission.Price"                                   | Permission  | Never              | "the RAM caller may not see prices, which AutoPay=false needs; have the right granted or set AutoPay to true"
    NoPermissionRefund                                  | "NoPermission.Refund"                                  | Permission  | Never              | "the RAM caller may not trigger refunds, which a downgrade does; have the main account grant the right"
    NoSuchVersion                                       | "NoSuchVersion"                                        | Validation  | Never              | "the endpoint has no such API version; ECS is 2014-05-26"
    OperationConflict                                   | "OperationConflict"                                    | State       | Later              | "another operation holds the resource; wait until it has ended"
    OperationDenied                                     | "OperationDenied"                                      | Permission  | Never              | "the service refuses the operation; the message has the reason"
    OperationDeniedHostRepairing                        | "OperationDenied.HostRepairing"                        | State       | Later              | "the machine under the instance is being repaired; wait until that is over"
    OperationDeniedImageNotValid                        | "OperationDenied.ImageNotValid"                        | Permission  | Never              | "the account may not use the image of the instance; have it shared or subscribed, or replace it"
    OperationDeniedLocalDiskUnsupported                 | "OperationDenied.LocalDiskUnsupported"                 | Validation  | Never              | "the instance has local disks, so its type is fixed; move the data to a new instance"
    OperationDeniedNoStock                              | "OperationDenied.NoStock"                              | Stock       | Later              | "the target type is sold out in this zone; choose another type or come back much later"
    OperationDeniedPerformanceLevelNotMatch             | "OperationDenied.PerformanceLevelNotMatch"             | Validation  | Never              | "a disk is too small for its performance level; ask for more or for a lower level"
    OperationDeniedSpotPriceLowerThanPublicPrice        | "OperationDenied.SpotPriceLowerThanPublicPrice"        | Billing     | Never              | "the market price is above what the spot instance may cost; raise its limit or wait"
    OperationDeniedSystemInstanceNotSupport             | "OperationDenied.SystemInstanceNotSupport"             | Validation  | Never              | "the instance belongs to another service and is operated by it"
    OperationDeniedUnpaidOrder                          | "OperationDenied.UnpaidOrder"                          | Billing     | Never              | "the instance still has an order to be paid; pay or cancel it, then call again"
    OrderCreationFailed                                 | "OrderCreationFailed"                                  | Billing     | Later              | "billing could not create the order; check the parameters, then decide anew later"
    PriceNotFound                                       | "PriceNotFound"                                        | Billing     | Never              | "there is no price for this target at present; choose another type"
    QuotaExceedDiskCapacity                             | "QuotaExceed.DiskCapacity"                             | Quota       | Never              | "the zone has no capacity quota left for this disk category; raise the quota or use another category"
    QuotaExceedElasticQuota                             | "QuotaExceed.ElasticQuota"                             | Quota       | Never              | "the account's quota does not cover the target type; raise it or choose another type"
    QuotaExceedRufundVcpu                               | "QuotaExceed.RufundVcpu"                               | Quota       | Never              | "the vCPUs that may be refunded by downgrades are used up (the service spells the code this way); wait for the reset"
    RealNameAuthenticationError                         | "RealNameAuthenticationError"                          | Permission  | Never              | "the account has not proven its real name; do so in the console"
    RegionUnauthorized                                  | "RegionUnauthorized"                                   | Permission  | Never              | "the account may not use this region"
    ServiceUnavailable                                  | "ServiceUnavailable"                                   | Server      | Transient          | "the service is down for the moment; try again shortly"
    ServiceUnavailableRegionMaintaining                 | "ServiceUnavailable.RegionMaintaining"                 | Server      | Later              | "the whole region is being maintained; come back in some minutes"
    SignatureDoesNotMatch                               | "SignatureDoesNotMatch"                                | Auth        | Never              | "the service computed another signature; most often the access key secret is wrong"
    SignatureNonceUsed                                  | "SignatureNonceUsed"                                   | Auth        | NonceUsed          | "the nonce was seen before, as after a repeat on the wire; sign again with a fresh one"
    Throttling                                          | "Throttling"                                           | Throttling  | Throttling         | "too many requests; wait for the next minute and send the same request again"
    ThrottlingApi                                       | "Throttling.Api"                                       | Throttling  | Throttling         | "this operation is called too often; slow down and send the same request again"
    ThrottlingUser                                      | "Throttling.User"                                      | Throttling  | Throttling         | "the account as a whole calls too often, all its users counted; slow down and send the same request again"
    UnauthorizedEmptyRegion                             | "Unauthorized.EmptyRegion"                             | Permission  | Never              | "the account may use no region at all; ask support for access"
    UnavailableRegions                                  | "Unavailable.Regions"                                  | Validation  | Never              | "no region is available for this question"
    UnknownError                                        | "UnknownError"                                         | Server      | Transient          | "the service failed without saying why, at status 400 too; send the same request again"
    UnsupportedHttpMethod                               | "UnsupportedHTTPMethod"                                | Validation  | Never              | "the endpoint does not take this HTTP method; use POST"
    UnsupportedOperation                                | "UnsupportedOperation"                                 | Validation  | Never              | "the endpoint does not offer this operation; check Action, Version and the endpoint"
    UnsupportedParameter                                | "UnsupportedParameter"                                 | Validation  | Never              | "the operation does not know one of the parameters; leave it out"
}

macro_rules! forms {
    ($($form:literal | $category:ident | $retry:ident | $meaning:literal)*) => {
        /// What the form of a code without a row gives away; the first form that fits decides.
        static FORMS: &[(&str, Facts)] = &[$(($form, Facts {
            category: ErrorCategory::$category,
            retry: RetryClass::$retry,
            meaning: $meaning,
        })),*];
    };
}

//  form | category | retry class | meaning
forms! {
    "Throttling.*"         | Throttling | Throttling | "too many requests of one kind; slow down and send the same request again"
    "ServiceUnavailable.*" | Server     | Transient  | "part of the service is down for the moment; try again shortly"
    "Forbidden.*"          | Permission | Never      | "the caller may not do this; the message says what is lacking"
    "NoPermission*"        | Permission | Never      | "the caller lacks a right; the message says which one to have granted"
    "QuotaExceed*"         | Quota      | Never      | "a quota is used up; the message says which one to raise"
    "*.NotFound"           | NotFound   | Never      | "something the request names does not exist in this region and account; check ids and region"
    "Missing*"             | Validation | Never      | "something the request needs is absent; the message says what to send"
    "Invalid*"             | Validation | Never      | "the service refuses a value or a combination; the message says which one to correct"
}

/// What is known of a code that has neither a row nor a telling form.
static UNDOCUMENTED: Facts = Facts {
    category: ErrorCategory::Unknown,
    retry: RetryClass::Never,
    meaning: "the service's documents do not list this code; go by the message",
};

/// What a row says about its code.
pub(super) struct Facts {
    pub(super) category: ErrorCategory,
    pub(super) retry: RetryClass,
    pub(super) meaning: &'static str,
}

impl ErrorCode {
    /// The kind of trouble, which tells who can do something about it.
    #[must_use]
    pub fn category(&self) -> ErrorCategory {
        self.facts().category
    }

    /// One line on what the code means and what to do, for people; its wording may change.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        self.facts().meaning
    }

    /// Whether, and when, the same call may be tried again.
    pub(crate) fn retry_class(&self) -> RetryClass {
        self.facts().retry
    }

    /// Every known code, sorted by its text without regard to case.
    pub fn all() -> impl Iterator<Item = ErrorCode> {
        KNOWN.iter().cloned()
    }

    fn facts(&self) -> &'static Facts {
        match self {
            Self::Unknown(UnknownCode(text)) => FORMS
                .iter()
                .find(|(form, _)| has_form(text, form))
                .map_or(&UNDOCUMENTED, |(_, facts)| facts),
            known => known.documented(),
        }
    }

    fn known(text: &str) -> Option<Self> {
        let row = KNOWN.binary_search_by(|code| caseless_cmp(code.as_str(), text));
        row.ok().and_then(|row| KNOWN.get(row)).cloned()
    }
}

/// The text of a code without a row, to be read through [`ErrorCode::as_str`].
///
/// It is made only where no row exists, so a known code never hides in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnknownCode(String);

/// Whether `text` begins and ends as `form` does around its `*`.
fn has_form(text: &str, form: &str) -> bool {
    let (head, tail) = form.split_once('*').unwrap_or((form, ""));
    let begins = text.get(..head.len());
    let ends = text
        .len()
        .checked_sub(tail.len())
        .and_then(|at| text.get(at..));
    begins.is_some_and(|begins| begins.eq_ignore_ascii_case(head))
        && ends.is_some_and(|ends| ends.eq_ignore_ascii_case(tail))
}

/// The order of the table: by bytes, ASCII letters without regard to case.
fn caseless_cmp(a: &str, b: &str) -> Ordering {
    fn lower(text: &str) -> impl Iterator<Item = u8> {
        text.bytes().map(|byte| byte.to_ascii_lowercase())
    }
    lower(a).cmp(lower(b))
}

impl From<&str> for ErrorCode {
    fn from(text: &str) -> Self {
        Self::known(text).unwrap_or_else(|| Self::Unknown(UnknownCode(text.to_owned())))
    }
}

impl From<String> for ErrorCode {
    fn from(text: String) -> Self {
        Self::known(&text).unwrap_or(Self::Unknown(UnknownCode(text)))
    }
}

impl FromStr for ErrorCode {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Compares with a code's text, without regard to ASCII case.
impl PartialEq<str> for ErrorCode {
    fn eq(&self, text: &str) -> bool {
        self.as_str().eq_ignore_ascii_case(text)
    }
}

/// Compares with a code's text, without regard to ASCII case.
impl PartialEq<&str> for ErrorCode {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

/// The kind of trouble an [`ErrorCode`] stands for, by who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCategory {
    /// `auth`: the service does not accept who calls, or the signature.
    /// Check the access key, the security token and the clock.
    Auth,
    /// `billing`: money or orders stand in the way.
    /// Settle the account, the open order or the subscription, then decide anew.
    Billing,
    /// `idempotency`: the client token is in use, spent on other parameters, or malformed.
    /// Never change a request under its token; a new intent takes a new one.
    Idempotency,
    /// `not_found`: something the request names does not exist, or not for this caller.
    /// Check the id, the region and whose credentials are used.
    NotFound,
    /// `permission`: the caller is known but may not do this.
    /// Have the right granted; trying again does not help.
    Permission,
    /// `quota`: an allowance of the account, the zone or the instance is used up.
    /// Raise it, wait for its reset or ask for less.
    Quota,
    /// `server`: the service failed on its side.
    /// Send the same request with the same client token; report the request id if it stays.
    Server,
    /// `state`: the resource is not in a state that allows the operation.
    /// Look at it, bring it into the right state or wait, then decide anew.
    State,
    /// `stock`: the wanted type is sold out or off sale.
    /// Choose another type or zone, or come back much later.
    Stock,
    /// `throttling`: too many requests.
    /// Slow down; limits are counted by the minute and shared by all users of an account.
    Throttling,
    /// `validation`: a parameter is wrong, or does not fit this instance.
    /// Correct the request; the same one is refused again.
    Validation,
    /// `unknown`: neither the code nor its form is documented.
    /// Go by the message.
    Unknown,
}

impl ErrorCategory {
    /// The category as one lower-case word, fit for logs and metrics: `auth`, `not_found`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Billing => "billing",
            Self::Idempotency => "idempotency",
            Self::NotFound => "not_found",
            Self::Permission => "permission",
            Self::Quota => "quota",
            Self::Server => "server",
            Self::State => "state",
            Self::Stock => "stock",
            Self::Throttling => "throttling",
            Self::Validation => "validation",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ErrorCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether, and when, a call that met a code may be sent again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryClass {
    /// Not at all: the same request is refused again.
    Never,
    /// Not by itself: only once the world has changed, which is for the caller to see.
    Later,
    /// After a back-off: the service failed for the moment.
    Transient,
    /// After a longer back-off: a rate limit was met.
    Throttling,
    /// After a back-off: an earlier request of the same intent is still running.
    InProgress,
    /// Only when an earlier attempt of this call may have been applied: it may be its own order.
    AfterAmbiguous,
    /// Once, after the server's clock has been learned.
    StaleClock,
    /// Once, with a fresh nonce.
    NonceUsed,
    /// Once, with fresh credentials.
    ExpiredCredentials,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A row of the data files.
    #[derive(Debug)]
    pub(in super::super) struct Row {
        pub(in super::super) http_status: u16,
        pub(in super::super) code: String,
        pub(in super::super) message: String,
        pub(in super::super) in_seed: bool,
        category: String,
        retryable: String,
    }

    pub(in super::super) fn modify_prepay_rows() -> Vec<Row> {
        rows(include_str!("../../tests/data/modify_prepay_errors.csv"))
    }

    pub(in super::super) fn common_rows() -> Vec<Row> {
        rows(include_str!("../../tests/data/common_errors.csv"))
    }

    /// The rows of the other operations, each with its operation's name.
    pub(in super::super) fn companion_rows() -> Vec<(String, Row)> {
        let csv = include_str!("../../tests/data/companion_errors.csv");
        let mut records = records(csv).into_iter();
        let header = records.next().expect("a header");
        assert_eq!(
            header.join(","),
            "operation,http_status,code,message,category,retryable"
        );
        let row = |record: Vec<String>| {
            let [operation, http_status, code, message, category, retryable] =
                record.try_into().expect("six fields");
            let http_status = http_status.parse().expect("a status");
            let row = Row {
                http_status,
                code,
                message,
                in_seed: false,
                category,
                retryable,
            };
            (operation, row)
        };
        records.map(row).collect()
    }

    fn all_rows() -> impl Iterator<Item = Row> {
        let companions = companion_rows().into_iter().map(|(_, row)| row);
        modify_prepay_rows()
            .into_iter()
            .chain(common_rows())
            .chain(companions)
    }

    fn rows(csv: &str) -> Vec<Row> {
        let mut records = records(csv).into_iter();
        let header = records.next().expect("a header");
        assert_eq!(
            header,
            [
                "http_status",
                "code",
                "message",
                "in_seed",
                "category",
                "retryable"
            ]
        );
        let row = |record: Vec<String>| {
            let [http_status, code, message, in_seed, category, retryable] =
                record.try_into().expect("six fields");
            Row {
                http_status: http_status.parse().expect("a status"),
                code,
                message,
                in_seed: in_seed == "yes",
                category,
                retryable,
            }
        };
        records.map(row).collect()
    }

    /// Reads CSV after RFC 4180: quoted fields may hold commas, line ends and doubled quotes.
    fn records(csv: &str) -> Vec<Vec<String>> {
        let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
        let mut quoted = false;
        let mut chars = csv.chars().peekable();
        while let Some(char) = chars.next() {
            match char {
                '"' if quoted && chars.next_if_eq(&'"').is_some() => field.push('"'),
                '"' => quoted = !quoted,
                ',' if !quoted => record.push(std::mem::take(&mut field)),
                '\r' if !quoted => {}
                '\n' if !quoted => {
                    record.push(std::mem::take(&mut field));
                    records.push(std::mem::take(&mut record));
                }
                other => field.push(other),
            }
        }
        assert!(
            !quoted && record.is_empty() && field.is_empty(),
            "a whole file"
        );
        records
    }

    #[test]
    fn the_csv_reader_understands_quotes_commas_and_line_ends() {
        let records = records("a,\"b, \"\"c\"\"\nd\",\r\n,e,\"\"\n");
        assert_eq!(records, [["a", "b, \"c\"\nd", ""], ["", "e", ""]]);
    }

    #[test]
    fn rows_are_sorted_for_the_binary_search() {
        for pair in KNOWN.windows(2) {
            let (a, b) = (pair[0].as_str(), pair[1].as_str());
            assert_eq!(caseless_cmp(a, b), Ordering::Less, "{a} before {b}");
        }
    }

    #[test]
    fn every_documented_code_is_known_in_its_documented_spelling() {
        for row in all_rows() {
            let code = ErrorCode::from(row.code.as_str());
            assert!(!matches!(code, ErrorCode::Unknown(_)), "{row:?}");
            assert_eq!(code.as_str(), row.code);
        }
    }

    #[test]
    fn every_known_code_is_documented() {
        let rows: Vec<Row> = all_rows().collect();
        for code in ErrorCode::all() {
            assert!(rows.iter().any(|row| row.code == code.as_str()), "{code}");
        }
        assert_eq!(ErrorCode::all().count(), 204);
    }

    /// Codes with rows of two categories: one code has one category.
    const OF_TWO_CATEGORIES: [(ErrorCode, ErrorCategory); 6] = [
        // with status 500 the service counts it as its own failure
        (ErrorCode::InstanceNotReady, ErrorCategory::State),
        // the disk is gone, whichever parameter is blamed
        (
            ErrorCode::InvalidInstanceNotFoundSystemDisk,
            ErrorCategory::State,
        ),
        // one operation says so of a type, the others of the account
        (ErrorCode::OperationDenied, ErrorCategory::Permission),
        // here the resource does not suit; elsewhere the name of the operation is wrong
        (ErrorCode::InvalidAction, ErrorCategory::State),
        // one row of four is an expired token, which only its message tells
        (ErrorCode::InvalidParameter, ErrorCategory::Validation),
        // half of its rows miss a signing parameter, which this crate always sends
        (ErrorCode::MissingParameter, ErrorCategory::Validation),
    ];

    #[test]
    fn categories_are_the_documented_ones() {
        for row in all_rows() {
            let code = ErrorCode::from(row.code);
            match OF_TWO_CATEGORIES.iter().find(|(other, _)| *other == code) {
                Some((_, category)) => assert_eq!(code.category(), *category, "{code}"),
                None => assert_eq!(code.category().as_str(), row.category, "{code}"),
            }
        }
    }

    #[test]
    fn retry_classes_agree_with_the_documented_advice() {
        use RetryClass::*;
        for row in all_rows() {
            let code = ErrorCode::from(row.code);
            let fitting: &[RetryClass] = match row.retryable.as_str() {
                // the expired token in disguise: its code alone is no reason to try again
                _ if code == ErrorCode::InvalidParameter => &[Never],
                // the price query says no, the order itself says later
                _ if code == ErrorCode::InvalidActionWithActiveElasticUpgrade => &[Later],
                "no" => &[Never],
                "later" => &[Later, AfterAmbiguous, InProgress],
                "yes" => &[Transient, Throttling, InProgress],
                "yes_resign" => &[StaleClock, NonceUsed],
                "yes_refresh_credentials" => &[ExpiredCredentials],
                other => panic!("{code}: {other}"),
            };
            assert!(fitting.contains(&code.retry_class()), "{code}");
        }
    }

    #[test]
    fn only_the_named_codes_are_tried_again() {
        let of = |class| -> Vec<String> {
            ErrorCode::all()
                .filter(|code| code.retry_class() == class)
                .map(|code| code.to_string())
                .collect()
        };
        assert_eq!(
            of(RetryClass::Transient),
            [
                "InternalError",
                "LimitedOperation.ServiceUnavailable",
                "ServiceUnavailable",
                "UnknownError"
            ]
        );
        assert_eq!(
            of(RetryClass::Throttling),
            ["Throttling", "Throttling.Api", "Throttling.User"]
        );
        assert_eq!(
            of(RetryClass::InProgress),
            [
                "Idempotence.Processing",
                "LastRequestProcessing",
                "LastTokenProcessing"
            ]
        );
        assert_eq!(of(RetryClass::AfterAmbiguous), ["LastOrderProcessing"]);
        assert_eq!(
            of(RetryClass::StaleClock),
            ["IllegalTimestamp", "InvalidTimeStamp.Expired"]
        );
        assert_eq!(of(RetryClass::NonceUsed), ["SignatureNonceUsed"]);
        assert_eq!(
            of(RetryClass::ExpiredCredentials),
            ["InvalidSecurityToken.Expired"]
        );
    }

    #[test]
    fn codes_are_found_in_any_case_and_keep_their_documented_spelling() {
        for code in ErrorCode::all() {
            let text = code.as_str();
            for spelling in [text.to_owned(), text.to_uppercase(), text.to_lowercase()] {
                assert_eq!(ErrorCode::from(spelling.as_str()), code);
                assert_eq!(spelling.parse(), Ok(code.clone()));
                assert!(code == spelling.as_str() && code == *spelling.as_str());
                assert_eq!(ErrorCode::from(spelling).to_string(), text);
            }
        }
        let code = ErrorCode::from("InvalidInstance.UnPaidOrder");
        assert_eq!(code.as_str(), "InvalidInstance.UnpaidOrder");
    }

    #[test]
    fn unknown_codes_keep_their_text() {
        for text in ["", " Throttling", "Some.NewCode", "缺货", "Missing\u{130}d"] {
            let code = ErrorCode::from(text);
            assert!(matches!(code, ErrorCode::Unknown(_)), "{text}");
            assert_eq!(code, ErrorCode::from(text.to_owned()));
            assert_eq!((code.as_str(), code.to_string().as_str()), (text, text));
            assert_eq!(
                format!("{code:?}"),
                format!("Unknown(UnknownCode({text:?}))")
            );
        }
    }

    #[test]
    fn unknown_codes_are_classified_by_their_form() {
        use {ErrorCategory as Is, RetryClass as Retry};
        for (text, category, retry) in [
            ("Throttling.Resource", Is::Throttling, Retry::Throttling),
            ("throttling.resource", Is::Throttling, Retry::Throttling),
            ("ServiceUnavailable.Zone", Is::Server, Retry::Transient),
            ("Forbidden.Somehow", Is::Permission, Retry::Never),
            ("NoPermission.Discount", Is::Permission, Retry::Never),
            ("NoPermissions", Is::Permission, Retry::Never),
            ("QuotaExceeded.Bandwidth", Is::Quota, Retry::Never),
            ("InvalidKeyPair.NotFound", Is::NotFound, Retry::Never),
            ("MissingInstanceId", Is::Validation, Retry::Never),
            ("InvalidKeyPair.Malformed", Is::Validation, Retry::Never),
            ("Throttled", Is::Unknown, Retry::Never),
            ("NotFound", Is::Unknown, Retry::Never),
            ("ForbiddenFruit", Is::Unknown, Retry::Never),
            ("", Is::Unknown, Retry::Never),
            ("ж", Is::Unknown, Retry::Never),
        ] {
            let code = ErrorCode::from(text);
            assert_eq!(
                (code.category(), code.retry_class()),
                (category, retry),
                "{text}"
            );
        }
    }

    #[test]
    fn meanings_are_one_plain_line() {
        let of_forms = FORMS.iter().map(|(_, facts)| facts.meaning);
        for meaning in ErrorCode::all()
            .map(|code| code.meaning())
            .chain(of_forms)
            .chain([UNDOCUMENTED.meaning])
        {
            assert_plain_line(meaning);
        }
    }

    pub(in super::super) fn assert_plain_line(meaning: &str) {
        assert!(
            meaning.starts_with(|first: char| first.is_ascii_lowercase()),
            "{meaning}"
        );
        assert!(
            !meaning.contains(|char: char| char.is_control()),
            "{meaning}"
        );
        assert!(meaning.len() <= 160 && !meaning.ends_with('.'), "{meaning}");
    }
}
