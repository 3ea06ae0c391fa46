//! Every error of the simulated operations: HTTP status, code and message, as documented.

use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// A rejected request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) http_status: u16,
    pub(super) code: Cow<'static, str>,
    pub(super) message: Cow<'static, str>,
}

macro_rules! rejections {
    ($($name:ident = $status:literal $code:literal $message:literal;)+) => {
        $(pub(super) const $name: Rejection = Rejection {
            http_status: $status,
            code: Cow::Borrowed($code),
            message: Cow::Borrowed($message),
        };)+

        #[cfg(test)]
        const ALL: &[Rejection] = &[$($name),+];
    };
}

// If the documentation has several wordings, this is the one of the current gateway.
rejections! {
    FORMAT = 400 "InvalidParameter.Format" "Specified parameter format is not valid.";
    METHOD = 403 "UnsupportedHTTPMethod" "This HTTP method is not supported.";
    API_NOT_FOUND = 404 "InvalidApi.NotFound" "Specified api is not found, please check your url and method.";
    VERSION = 400 "InvalidVersion" "Specified parameter Version is not valid.";
    SIGNATURE_VERSION = 400 "InvalidSignatureVersion" "Specified parameter SignatureVersion is not valid.";
    SIGNATURE_METHOD = 400 "InvalidSignatureMethod" "Specified signature method is not valid.";
    INCOMPLETE_SIGNATURE = 400 "IncompleteSignature" "The request signature does not conform to Aliyun standards.";
    TIMESTAMP_FORMAT = 400 "InvalidTimeStamp.Format" "Specified time stamp or date value is not well formatted.";
    TIMESTAMP_EXPIRED = 400 "InvalidTimeStamp.Expired" "Specified time stamp or date value is expired.";
    KEY_NOT_FOUND = 404 "InvalidAccessKeyId.NotFound" "Specified access key is not found.";
    TOKEN_MISSING = 400 "MissingSecurityToken" "SecurityToken is mandatory for this action.";
    TOKEN_MISMATCH = 400 "InvalidSecurityToken.MismatchWithAccessKey" "Specified SecurityToken mismatch with the AccessKey.";
    NONCE_USED = 400 "SignatureNonceUsed" "The request signature nonce has been used.";
    THROTTLING = 400 "Throttling" "You have made too many requests within a short time; your request is denied due to request throttling.";

    CLIENT_TOKEN = 400 "InvalidClientToken.ValueNotSupported" "The ClientToken provided is invalid.";
    IDEMPOTENCE = 400 "IdempotenceParamNotMatch" "Request uses a client token in a previous request but is not identical to that request.";
    REBOOT_TIME_FORM = 400 "InvalidRebootTime.MalFormed" "The specified rebootTime is not valid.";
    REBOOT_TIME_PAST = 400 "InvalidRebootTime.ValueNotSupported" "The specified RebootTime is not valid.";
    REGION_NOT_FOUND = 404 "InvalidRegionId.NotFound" "The specified RegionId does not exist.";
    INSTANCE_NOT_FOUND = 404 "InvalidInstanceId.NotFound" "The specified InstanceId does not exist.";
    TYPE_UNKNOWN = 400 "InvalidInstanceType.ValueNotSupported" "The specified InstanceType does not exist or beyond the permitted range.";
    // No row documents this case. The code has a row with free text, for a type that is not suitable for the instance.
    SAME_TYPE = 400 "InvalidInstanceType.ValueNotSupported" "The specified InstanceType is the type that the instance has.";
    PAY_AS_YOU_GO = 400 "InvalidBillingMethod.ValueNotSupported" "The operation is not permitted due to an invalid billing method of the instance.";
    EXPIRED = 403 "InvalidInstance.PreInstanceExpired" "Instance business status is not Expired";
    LOCKED_FOR_SECURITY = 403 "InstanceLockedForSecurity" "The specified operation is denied as your instance is locked for security reasons.";
    // The row of this code has free text.
    LOCKED = 403 "OperationDenied" "The specified operation is denied as your instance is locked.";
    UNPAID_ORDER = 400 "InvalidInstance.UnpaidOrder" "The specified Instance has unpaid order.";
    LAST_ORDER = 400 "LastOrderProcessing" "The previous order is still processing, please try again later.";
    STATUS = 403 "IncorrectInstanceStatus" "The current status of the resource does not support this operation.";
    NOT_STOPPED = 400 "InvalidStatus.NotStopped" "Instance status must be stopped.";
    DOWNGRADE_QUOTA = 400 "InstanceDowngrade.QuotaExceed" "Quota of instance downgrade is exceed.";
    TEMPORARY_UPGRADE = 400 "InvalidAction.WithActiveElasticUpgrade" "The instance has active Elastic Upgrade.";
    DISK_CATEGORY_MISSING = 400 "MissingParameter.DiskCategory" "The specified parameter Disk.Category can not be null when Disk.DiskId is specified.";
    TYPE_NOT_OFFERED = 400 "InvalidInstanceType.ValueNotSupported" "The specified InstanceType is not supported.";
    VCPU_QUOTA = 403 "QuotaExceed.ElasticQuota" "The number of vCPUs assigned to the ECS instances has exceeded the quota in the zone.";
    NO_STOCK = 403 "OperationDenied.NoStock" "The resource is out of stock in the specified zone. Please try other types, or choose other regions and zones.";

    CONFLICT = 409 "InvalidOperation.Conflict" "Request was denied due to conflict with a previous request, please try again later.";
    TOO_MANY_IDS = 403 "InvalidParameter.TooManyInstanceIds" "Instance ids cannot be more than 100.";
    PREPAID = 403 "ChargeTypeViolation" "The operation is not permitted due to charge type of the instance.";
    SPEC_NOT_STOPPED = 400 "InvalidInstanceStatus.NotStopped" "The specified Instance status is not stopped.";
    DRY_RUN = 400 "DryRunOperation" "Request validation has been passed with DryRun flag set.";
    START_EXPIRED = 403 "InstanceExpired" "The prePaid instance has been expired.";
    POWER_EXPIRED = 403 "InstanceExpiredOrInArrears" "The specified operation is denied as your prepay instance is expired (prepay mode) or in arrears (afterpay mode).";
    // The row of this code has free text.
    POWER_LOCKED = 403 "IncorrectInstanceStatus" "The specified operation is denied as your instance is locked.";
    PRICE_CHARGE_TYPE = 403 "ChargeTypeViolation" "PostPaid instance do not support this operation.";
    PRICE_EXPIRED = 403 "InstanceExpired" "The PrePaid instance has been expired.";
    PRICE_NOTHING = 400 "MissingParameter.InstanceTypeOrDataDisk" "You must specify the parameter InstanceType or DataDisk.";
    PRICE_DOWNGRADE = 403 "InvalidInstanceType.NotSupportUpgrade" "The specified InstanceType can only be downgraded. This API supports querying prices only of InstanceType that can be upgraded.";
    RESOURCE_NOT_FOUND = 404 "InvalidResourceId.NotFound" "The specified ResourceId is not found in our records";
    MODIFICATION_TYPE = 400 "Invalid.OperationType" "The specified operationType is not valid.";
    DESTINATION_MISSING = 400 "Invalid.Param" "The input parameter DestinationResource that is mandatory for processing this request is not supplied.";
    DESTINATION = 404 "Invalid.DestinationResource" "The specified DestinationResource is not valid.";
    CORES = 403 "InvalidParam.Cores" "The specified parameter 'Cores' should be empty";
    MEMORY = 403 "InvalidParam.Memory" "The specified parameter 'Memory' should be empty";
    CONDITION = 400 "InvalidCondition.Malformed" "The specified Condition is not valid.";
    MODIFICATION_REGION = 404 "InvalidRegionId.NotFound" "The RegionId provided does not exist in our records.";
    PRICE_REGION_NOT_FOUND = 404 "InvalidRegionId.NotFound" "The RegionId provided does not exist in our records.";
    PRICE_SYSTEM_DISK = 400 "InvalidSystemDiskCategory.ValueNotSupported" "The specified parameter \"SystemDisk.Category\" is not valid.";
    LANGUAGE = 404 "InvalidAcceptLanguage.NotFound" "Only Chinese (zh-CN), English (en-US), and Japanese (ja) are allowed.";
    RESOURCE_TYPE = 404 "InvalidResourceType.NotFound" "The ResourceType provided does not exist in our records.";
    REGION_CHARGE_TYPE = 403 "Invalid.InstanceChargeType" "The specified instanceChargeType is not valid.";
    FILTER_KEY = 404 "InvalidFilterKey.NotFound" "The specified Filter.n.Key is not found.";
    CHARGE_TYPE = 404 "InvalidInstanceChargeType.NotFound" "The InstanceChargeType does not exist in our records";
    INTERNET_CHARGE_TYPE = 404 "InvalidInternetChargeType.ValueNotSupported" "The specified InternetChargeType is not valid";
    LOCK_REASON = 404 "InvalidLockReason.NotFound" "The specified LockReason is not found";
    NETWORK_TYPE = 404 "InvalidNetworkType.NotFound" "The specified InstanceNetworkType is not found";
    STATUS_NOT_FOUND = 404 "InvalidStatus.NotFound" "The specified Status is not found";
    TAG_MISMATCH = 400 "InvalidTag.Mismatch" "The specified Tag.n.Key and Tag.n.Value are not match.";
    TAG_COUNT = 400 "InvalidTagCount" "The specified tags are beyond the permitted range.";
    TYPE_AND_SIZE = 403 "InvalidParam.TypeAndCpuMem.Conflict" "The specified 'InstanceType' and 'Cores','Memory' are not blank at the same time.";
}

impl Rejection {
    pub(super) fn new(http_status: u16, code: String, message: String) -> Self {
        Self {
            http_status,
            code: code.into(),
            message: message.into(),
        }
    }

    /// A mandatory parameter is missing or empty.
    pub(super) fn missing(parameter: &str) -> Self {
        let message = format!(
            "The input parameter \"{parameter}\" that is mandatory for processing this request is not supplied"
        );
        Self::new(400, "MissingParameter".to_owned(), message)
    }

    /// The value of a parameter is malformed or conflicts with another one.
    pub(super) fn invalid(parameter: &str) -> Self {
        let message = format!("The specified parameter \"{parameter}\" is not valid.");
        Self::new(400, "InvalidParameter".to_owned(), message)
    }

    /// A parameter that is not simulated. This error is specific to the simulator.
    pub(super) fn not_simulated(action: &str, parameter: &str) -> Self {
        let message = format!(
            "The simulator does not simulate the parameter \"{parameter}\" of {action}, or {action} has no such parameter."
        );
        Self::new(400, "Simulator.ParameterNotSimulated".to_owned(), message)
    }

    /// A wrong signature, in either of the service's two wordings.
    pub(super) fn signature(string_to_sign: &str, canonical_request: Option<&str>) -> Self {
        let facts = match canonical_request {
            None => format!("server string to sign is:{string_to_sign}"),
            Some(canonical) => format!(
                "server StringToSign is [{string_to_sign}] server CanonicalRequest is [{canonical}]"
            ),
        };
        let message = format!("Specified signature is not matched with our calculation. {facts}");
        Self::new(400, "SignatureDoesNotMatch".to_owned(), message)
    }

    /// The fields of an error's body, all but the request id.
    pub(super) fn into_fields(self, host: &str) -> Map<String, Value> {
        let link = format!(
            "https://api.aliyun.com/troubleshoot?q={}&product=Ecs",
            self.code
        );
        let fields = [
            ("HostId", host),
            ("Code", &self.code),
            ("Message", &self.message),
            ("Recommend", &link),
        ];
        Map::from_iter(fields.map(|(name, value)| (name.to_owned(), json!(value))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a row of the tables begins with this status and code, and has this message or `%s`.
    fn is_documented(rejection: &Rejection) -> bool {
        let tables = [
            include_str!("../../tests/data/common_errors.csv"),
            include_str!("../../tests/data/modify_prepay_errors.csv"),
        ];
        let start = format!("{},{},", rejection.http_status, rejection.code);
        let companions = include_str!("../../tests/data/companion_errors.csv").lines();
        let companions =
            companions.chain(include_str!("../../tests/data/simulator_errors.csv").lines());
        let companions = companions.filter_map(|row| Some(row.split_once(',')?.1));
        let own = tables.iter().flat_map(|table| table.lines());
        own.chain(companions).any(|row| {
            // A quotation mark within a quoted field is doubled.
            let row = row.replace("\"\"", "\"");
            let rest = row
                .strip_prefix(&start)
                .map(|rest| rest.trim_start_matches('"'));
            rest.is_some_and(|rest| rest.starts_with("%s") || rest.starts_with(&*rejection.message))
        })
    }

    #[test]
    fn every_error_has_a_documented_status_code_and_message() {
        let elsewhere = ["InvalidSignatureVersion"];
        for rejection in ALL
            .iter()
            .filter(|rejection| !elsewhere.contains(&&*rejection.code))
        {
            assert!(is_documented(rejection), "{rejection:?}");
        }
    }
}
