//! The documented errors of the operations that go along with a change of type.

use super::DocumentedError;
use crate::error::ErrorCode;

/// The documented errors of `DescribeInstances`.
pub static DESCRIBE_INSTANCES: &[DocumentedError] = rows! {
    404 | InvalidFilterKeyNotFound                   | dynamic
    400 | InvalidHpcClusterIdCreating                | "The specified HpcClusterId is creating."
    400 | InvalidHpcClusterIdNotFound                | "The specified HpcClusterId is not found."
    404 | InvalidInstanceChargeTypeNotFound          | "The InstanceChargeType does not exist in our records"
    404 | InvalidInternetChargeTypeValueNotSupported | "The specified InternetChargeType is not valid"
    404 | InvalidLockReasonNotFound                  | "The specified LockReason is not found"
    404 | InvalidNetworkTypeNotFound                 | "The specified InstanceNetworkType is not found"
    404 | InvalidStatusNotFound                      | "The specified Status is not found"
    400 | InvalidTagCount                            | "The specified tags are beyond the permitted range."
    400 | InvalidTagMismatch                         | "The specified Tag.n.Key and Tag.n.Value are not match."
};

/// The documented errors of `DescribeResourcesModification`.
pub static DESCRIBE_RESOURCES_MODIFICATION: &[DocumentedError] = rows! {
    400 | InvalidConditionMalformed         | "The specified Condition is not valid."
    403 | InvalidDedicatedHostIdNotFound    | "The specified DedicatedHostId does not exist in our records."
    404 | InvalidDestinationResource        | "The specified DestinationResource is not valid."
    400 | InvalidInstanceChargeType         | "The specified InstanceChargeType is not valid."
    404 | InvalidInstanceIdNotFound         | "The specified InstanceId provided does not exist in our records."
    404 | InvalidInstancePayType            | "The specified InstancePayType is not valid."
    404 | InvalidIoOptimized                | "The specified IoOptimized is not valid."
    404 | InvalidNetworkCategory            | "The specified NetworkCategory is not valid."
    400 | InvalidOperationType              | "The specified operationType is not valid."
    404 | InvalidOperationType              | "The specified OperationType is not valid."
    400 | InvalidParam                      | "The input parameter DestinationResource that is mandatory for processing this request is not supplied."
    403 | InvalidParamCores                 | "The specified parameter 'Cores' should be empty"
    403 | InvalidParameterResourceOwnerId   | "The specified parameter ResourceOwnerId is not available anymore."
    403 | InvalidParamMemory                | "The specified parameter 'Memory' should be empty"
    403 | InvalidParamTypeAndCpuMemConflict | "The specified 'InstanceType' and 'Cores','Memory' are not blank at the same time."
    404 | InvalidRegionId                   | "The specified RegionId does not exist."
    404 | InvalidRegionIdNotFound           | "The RegionId provided does not exist in our records."
    404 | InvalidResourceId                 | "The specified ResourceId is not valid."
    404 | InvalidResourceIdNotFound         | "The specified ResourceId is not found in our records"
    404 | InvalidResourceType               | "The ResourceType provided does not exist in our records."
    404 | InvalidSpotStrategy               | "The specified SpotStrategy is not valid."
    404 | OperationDenied                   | "The specified operation is denied as this instanceType is not support." => "the type of the instance is one that cannot be changed"
    404 | UnavailableRegions                | "The available regions does not exists"
};

/// The documented errors of `DescribeInstanceModificationPrice`.
pub static DESCRIBE_INSTANCE_MODIFICATION_PRICE: &[DocumentedError] = rows! {
    403 | ChargeTypeViolation                        | "PostPaid instance do not support this operation."
    403 | InstanceExpired                            | "The PrePaid instance has been expired."
    400 | InstanceTypeOffline                        | dynamic
    403 | InstanceTypeOffline                        | "The specified InstanceType has been offline"
    500 | InternalError                              | dynamic
    500 | InternalError                              | "The request processing has failed due to some unknown error, exception or failure."
    400 | InvalidActionWithActiveElasticUpgrade      | "The instance has active Elastic Upgrade."
    400 | InvalidDataDiskCategoryValueNotSupported   | "The specified parameter \"DataDisk.n.Category\" is not valid."
    400 | InvalidDataDiskSizeValueNotSupported       | "The specified DataDisk.n.Size beyond the permitted range."
    400 | InvalidDiskCategoryMissing                 | "The DataDisk.1.Category parameter that is mandatory for processing the request is not provided."
    400 | InvalidDiskCategoryValueNotSupported       | "The specified parameter \"DiskCategory\" is not valid."
    400 | InvalidDiskSizeTooSmall                    | "Specified disk size is too small when choose PL0 of cloud_essd."
    404 | InvalidInstanceIdNotFound                  | "The specified InstanceId does not exist."
    403 | InvalidInstanceTypeNotSupportUpgrade       | "The specified InstanceType can only be downgraded. This API supports querying prices only of InstanceType that can be upgraded."
    400 | InvalidInstanceTypeValueNotSupported       | "The specified InstanceType does not exist or beyond the permitted range."
    403 | InvalidParameterResourceOwnerAccount       | "ResourceOwnerAccount is Invalid."
    400 | InvalidPerformanceLevelMalformed           | "The specified parameter DataDisk.n.PerformanceLevel is not valid."
    404 | InvalidRegionIdNotFound                    | "The RegionId provided does not exist in our records."
    404 | InvalidResourceGroupNotFound               | "The ResourceGroup provided does not exist in our records."
    400 | InvalidSystemDiskCategoryValueNotSupported | "The specified parameter \"SystemDisk.Category\" is not valid."
    400 | MissingParameterInstanceTypeOrDataDisk     | "You must specify the parameter InstanceType or DataDisk."
    400 | OperationDeniedPerformanceLevelNotMatch    | "The specified DataDisk.n.PerformanceLevel and DataDisk.n.Size do not match."
    400 | PriceNotFound                              | "The price of your queried resource is not available now, please try other resources."
    400 | RegionUnauthorized                         | dynamic
    403 | RegionUnauthorized                         | "There is no authority to create instance in the specified region."
    403 | Throttling                                 | "Request was denied due to request throttling."
    403 | ThrottlingUser                             | "Request was denied due to user flow control."
};

/// The documented errors of `DescribeRegions`.
pub static DESCRIBE_REGIONS: &[DocumentedError] = rows! {
    404 | InvalidAcceptLanguageNotFound | "Only Chinese (zh-CN), English (en-US), and Japanese (ja) are allowed."
    403 | InvalidInstanceChargeType     | "The specified instanceChargeType is not valid."
    404 | InvalidResourceTypeNotFound   | "The ResourceType provided does not exist in our records."
    403 | UnauthorizedEmptyRegion       | "The specified account has no access authority to any region."
};

/// The documented errors of `StartInstance`.
pub static START_INSTANCE: &[DocumentedError] = rows! {
    403 | DiskError                                    | "IncorrectDiskStatus."
    403 | DiskInArrears                                | "The specified operation is denied as your disk has expired."
    403 | IncorrectInstanceStatus                      | dynamic
    403 | IncorrectInstanceStatus                      | "The current status of the resource does not support this operation."
    403 | InstanceExpired                              | "The postPaid instance has been expired.Please ensure your account have enough balance."
    403 | InstanceExpired                              | "The prePaid instance has been expired."
    403 | InstanceLockedForSecurity                    | "The specified operation is denied as your instance is locked for security reasons."
    403 | InstanceNotReady                             | "The specified instance is not ready for use."
    500 | InstanceNotReady                             | "The specified instance is not ready for use"
    403 | InsufficientBalance                          | "Your account does not have enough balance."
    500 | InternalError                                | "The request processing has failed due to some unknown error, exception or failure."
    500 | InternalError                                | "The request processing has failed due to some unknown error."
    404 | InvalidCapacityReservationIdNotFound         | "The specified capacity reservation does not exist."
    400 | InvalidDedicatedHostNotEnoughResource        | "The specified dedicated host has not enough resource due to host affinity."
    400 | InvalidDedicatedHostNotEnoughResource        | "There's no available dedicated host to perform the operation."
    404 | InvalidInstanceIdNotFound                    | "The specified InstanceId does not exist."
    400 | InvalidInstanceNotFoundSystemDisk            | "The specified instance does not have system disk."
    403 | InvalidParameterKmsKeyIdCmkNotEnabled        | "The CMK needs to be enabled."
    403 | InvalidParameterKmsKeyIdCmkUnauthorized      | "The CMK needs to be added ECS tag"
    403 | InvalidParameterKmsKeyIdKmsUnauthorized      | "ECS service have no right to access your KMS."
    403 | InvalidParameterKmsKeyIdNotFound             | "The specified KMSKeyId does not exist."
    400 | InvalidPrivatePoolOptionsNoStock             | "The PrivatePool has been used up."
    400 | LackResource                                 | "There's no enough resource on the specified capacity reservation."
    403 | OperationDeniedHostRepairing                 | "The specified operation is denied as the host of ECS instance is being repaired."
    403 | OperationDeniedNoStock                       | "The requested resource is sold out in the specified zone; try other types of resources or other regions and zones."
    403 | OperationDeniedSpotPriceLowerThanPublicPrice | "The spot instance price is lower than public price."
    403 | QuotaExceedElasticQuota                      | "No additional quota is available for the specified ECS instance type."
    403 | QuotaExceedElasticQuota                      | "The number of the specified ECS instances has exceeded the quota of the specified instance type, or the number of vCPUs assigned to the ECS instances has exceeded the quota in the zone."
    403 | QuotaExceedElasticQuota                      | "The number of the specified ECS instances has exceeded the quota of the specified instance type."
    403 | QuotaExceedElasticQuota                      | "The number of vCPUs assigned to the ECS instances has exceeded the quota in the zone."
    503 | ServiceUnavailable                           | "The request has failed due to a temporary failure of the server."
};

/// The documented errors of `StopInstance`.
pub static STOP_INSTANCE: &[DocumentedError] = rows! {
    400 | DiskError                                       | "IncorrectDiskStatus."
    403 | DiskError                                       | "IncorrectDiskStatus"
    403 | HibernationConfiguredInstanceOperationForbidden | "The operation is not permitted due to limit of the hibernation configured instance."
    403 | HibernationConfiguredNotEnabled                 | "The instance hibernation configured option is not enabled."
    403 | IncorrectInstanceStatus                         | dynamic
    403 | IncorrectInstanceStatus                         | "The current status of the resource does not support this operation."
    403 | InstanceExpiredOrInArrears                      | "The specified operation is denied as your prepay instance is expired (prepay mode) or in arrears (afterpay mode)."
    403 | InstanceLockedForSecurity                       | "The specified operation is denied as your instance is locked for security reasons."
    403 | InstanceTypeParameterMismatch                   | "The input parameter ConfirmStop must be true when an instance have localstorage."
    500 | InternalError                                   | "The request processing has failed due to some unknown error, exception or failure."
    500 | InternalError                                   | "The request processing has failed due to some unknown error."
    404 | InvalidInstanceIdNotFound                       | "The specified InstanceId does not exist."
    403 | InvalidInstanceIdNotSupport                     | "Classic network Instance does not support this operation."
    403 | InvalidInstanceIdNotSupport                     | "Local disk instance does not support this operation."
    403 | InvalidInstanceIdNotSupport                     | "Pre pay instance does not support this operation."
    403 | InvalidInstanceIdNotSupport                     | "Spot instance does not support this operation."
    403 | InvalidOperationKmsKeyIdNotFound                | "The specified KMSKeyId not found, %s."
    403 | InvalidOperationKmsServiceNotOpen               | "KMS service is currently not open."
    400 | InvalidParameterEncryptedKmsNotEnable           | "Failed to perform this operation because KMS is not activated."
    403 | InvalidParameterKmsKeyIdCmkNotEnabled           | "The CMK needs to be enabled."
    403 | InvalidParameterKmsKeyIdCmkUnauthorized         | "The CMK needs to be added ECS tag"
    403 | InvalidParameterKmsKeyIdKmsUnauthorized         | "ECS service have no right to access your KMS."
    503 | LimitedOperationServiceUnavailable              | "The service is currently unavailable. Please try again later."
    403 | OperationDeniedSystemInstanceNotSupport         | "The system instance does not support the %s operation because %s."
};

/// The documented errors of `RebootInstance`.
pub static REBOOT_INSTANCE: &[DocumentedError] = rows! {
    403 | DiskError                               | "IncorrectDiskStatus."
    403 | IncorrectInstanceStatus                 | dynamic
    403 | IncorrectInstanceStatus                 | "The current status of the resource does not support this operation."
    403 | InstanceExpiredOrInArrears              | "The specified operation is denied as your prepay instance is expired (prepay mode) or in arrears (afterpay mode)."
    403 | InstanceLockedForSecurity               | "The specified operation is denied as your instance is locked for security reasons."
    500 | InternalError                           | "The request processing has failed due to some unknown error, exception or failure."
    500 | InternalError                           | "The request processing has failed due to some unknown error."
    404 | InvalidInstanceIdNotFound               | "The specified InstanceId does not exist."
    403 | InvalidParameterKmsKeyIdCmkNotEnabled   | dynamic
    403 | InvalidParameterKmsKeyIdCmkUnauthorized | dynamic
    403 | InvalidParameterKmsKeyIdKmsUnauthorized | dynamic
    403 | InvalidParameterKmsKeyIdKmsUnauthorized | "ECS service have no right to access your KMS."
    404 | InvalidParameterKmsKeyIdNotFound        | dynamic
    503 | LimitedOperationServiceUnavailable      | "The service is currently unavailable. Please try again later."
};
