//! The documented errors that the code alone does not distinguish: a row for each HTTP status, code and message.
//!
//! All rows of `ModifyPrepayInstanceSpec` are here, so that an error of an order can be compared with its documentation.
//! For the other operations, only the rows of codes with several meanings are here. For the rest,
//! [`ErrorCode::description`](super::ErrorCode::description) says all that is known.
//!
//! Messages are the service's own words, typing mistakes included; descriptions are this crate's. A row without a
//! description has the one of its code.

use super::code::ErrorCode;

/// One documented way to fail.
///
/// Several rows may have one code: only the message says, for example, which of four quotas was exceeded.
///
/// ```
/// use aliyun_ecs::error::documented;
///
/// for row in documented::MODIFY_PREPAY_INSTANCE_SPEC {
///     println!("{} {}: {}", row.http_status, row.code, row.description);
/// }
/// ```
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct DocumentedError {
    /// The HTTP status in the documents. Real responses sometimes have another one: use the code.
    pub http_status: u16,
    /// The code.
    pub code: ErrorCode,
    /// The message, in which `%s`, `{0}` and the like are placeholders. `None` if the whole message is one.
    pub message: Option<&'static str>,
    /// One line for people: what this case means and what to do. The wording may change.
    pub description: &'static str,
}

//  HTTP status | code | message, or `dynamic` => description, where the code's does not say enough
macro_rules! rows {
    ($($status:literal | $code:ident | $message:tt $(=> $description:literal)?)*) => {
        &[$(DocumentedError {
            http_status: $status,
            code: ErrorCode::$code,
            message: rows!(@message $message),
            description: rows!(@description $code $($description)?),
        }),*]
    };
    (@message dynamic) => { None };
    (@message $text:literal) => { Some($text) };
    (@description $code:ident) => { ErrorCode::$code.documented().description };
    (@description $code:ident $own:literal) => { $own };
}

/// The documented errors of `ModifyPrepayInstanceSpec`, of every version of its documents.
///
/// ```
/// use aliyun_ecs::error::{ErrorCode, documented};
///
/// let quotas = documented::MODIFY_PREPAY_INSTANCE_SPEC
///     .iter()
///     .filter(|row| row.code == ErrorCode::QuotaExceedElasticQuota);
/// assert_eq!(quotas.count(), 4);
/// ```
pub static MODIFY_PREPAY_INSTANCE_SPEC: &[DocumentedError] = rows! {
    400 | AccountArrearage                                    | "Your account has an outstanding payment."
    404 | BillingMethodNotFound                               | "The account has not chosen any billing method."
    403 | HibernationConfiguredInstanceOperationForbidden     | "The operation is not permitted due to limit of the hibernation configured instance."
    400 | IdempotenceParamNotMatch                            | dynamic => "the client token belongs to another request, and the message says how they differ; use a new token for a new intent"
    400 | IdempotenceParamNotMatch                            | "Request uses a client token in a previous request but is not identical to that request."
    403 | ImageNotSupportInstanceType                         | "The specified image does not support the specified InstanceType."
    403 | ImageNotSupportInstanceType                         | "The specified instanceType is not supported by instance with marketplace image." => "the instance runs a marketplace image that is not sold for the target type; choose another type or replace the image"
    500 | ImageOrderFailed                                    | "Create marketplace image order failed."
    403 | IncorrectInstanceStatus                             | "The current status of the resource does not support this operation."
    400 | InstanceDowngradeQuotaExceed                        | "Quota of instance downgrade is exceed."
    403 | InstanceTypeOffline                                 | dynamic
    400 | InstanceTypeNotSupportedTooManyDisksAttached        | dynamic
    500 | InternalError                                       | "The request processing has failed due to some unknown error, exception or failure."
    500 | InternalError                                       | "The request processing has failed due to some unknown error."
    403 | InvalidAccountStatusNotEnoughBalance                | "Your account does not have enough balance."
    400 | InvalidAction                                       | dynamic
    400 | InvalidActionWithActiveElasticUpgrade               | "The instance has active Elastic Upgrade."
    403 | InvalidBillingMethod                                | "The specified billing method is invalid."
    400 | InvalidBillingMethodValueNotSupported               | "The operation is not permitted due to an invalid billing method of the instance."
    400 | InvalidClientTokenValueNotSupported                 | "The ClientToken provided is invalid."
    403 | InvalidDataDiskCategoryValueNotSupported            | "The specified Category of Data Disk is not valid."
    403 | InvalidDiskDetachedSystemDisk                       | "The specified resource is/has a detached system disk %s , not support current operation."
    403 | InvalidInstanceEipNotSupport                        | "The special instance with eip not support operate, please unassociate eip first."
    403 | InvalidInstanceNotFoundSystemDisk                   | "The specified instance has no system disk."
    403 | InvalidInstancePreInstanceExpired                   | "Instance business status is not Expired"
    400 | InvalidInstancePurchaseNotFound                     | "The specified instance has no purchase history."
    400 | InvalidInstanceUnpaidOrder                          | "The specified Instance has unpaid order."
    400 | InvalidInstanceChargeTypeValueNotSupported          | dynamic
    404 | InvalidInstanceIdNotFound                           | "The specified InstanceId does not exist."
    400 | InvalidInstanceIdNotFound                           | "The specified InstanceId does not exist."
    400 | InvalidInstanceIdReleased                           | "The specified Instance has been released."
    403 | InvalidInstanceStatus                               | "The current status of the instance does not support this operation."
    400 | InvalidInstanceStatus                               | "The current status of the instance does not support this operation."
    403 | InvalidInstanceTypeNotSupportDiskCategory           | "The instanceType of the specified instance does not support this disk category."
    400 | InvalidInstanceTypeNotSupported                     | "The specified InstanceType is not Supported."
    400 | InvalidInstanceTypeValueNotSupported                | dynamic => "the target type does not suit this instance, and the message says why; take one from DescribeResourcesModification"
    400 | InvalidInstanceTypeValueNotSupported                | "The specified InstanceType does not exist or beyond the permitted range." => "there is no such instance type, or not for this account; check its spelling"
    400 | InvalidInstanceTypeValueNotSupported                | "The specified InstanceType is not supported." => "the target type is not one that this change can lead to; take one from DescribeResourcesModification"
    400 | InvalidInstanceTypeValueUnauthorized                | "The specified InstanceType is not authorized."
    403 | InvalidOperationEniCountExceeded                    | dynamic
    403 | InvalidOperationEniCountExceeded                    | "The number of ENI exceeds the limit({0}). target instanceType {1}. Attached:{2}. Expecting attach:{3}." => "too many network interfaces for the target type; the message counts them against its limit: detach the surplus"
    403 | InvalidOperationExceedInstanceTypeQueueNumber       | dynamic
    400 | InvalidOperationInstanceRenewWithDowngradeInPlan    | "The operation is denied due to the specified instance has renew with downgrade record in plan."
    403 | InvalidOperationIpv4CountExceeded                   | dynamic
    403 | InvalidOperationIpv4CountExceeded                   | "The number of eni {0} private ip exceeds the limit({1}). target instanceType {2}. Assigned:{3}. Expecting assign:{4}." => "too many private IPv4 addresses on the interface that the message names, counted against the limit; release the surplus"
    403 | InvalidOperationIpv4NotSupport                      | dynamic
    403 | InvalidOperationIpv4NotSupport                      | "The instanceType of {0} not support secondary ipv4." => "the type that the message names takes no secondary private IPv4 addresses; release them or choose another type"
    403 | InvalidOperationIpv6CountExceeded                   | dynamic
    403 | InvalidOperationIpv6CountExceeded                   | "The number of eni {0} ipv6 address exceeds the limit({1}). target instanceType {2}. Assigned:{3}. Expecting assign:{4}." => "too many IPv6 addresses on the interface that the message names, counted against the limit; release the surplus"
    403 | InvalidOperationIpv6NotSupport                      | dynamic
    403 | InvalidOperationIpv6NotSupport                      | "The instanceType of {0} not support ipv6." => "the type that the message names has no IPv6; release the IPv6 addresses or choose another type"
    403 | InvalidOperationMaxEniQueueNumberExceeded           | dynamic
    403 | InvalidOperationMaxModifyOnlineNumberExceeded       | "The specified instance has reached the maximum number of modify online attempts and needs to be rebooted."
    400 | InvalidOperationOnlineModificationUnsupported       | "Online modification of instance type is not supported for the specified instance due to its CPU topology."
    403 | InvalidOperationOsTypeNotSupported                  | "The specified OS type is not supported."
    403 | InvalidOperationRebootingRequired                   | "The specified instance needs to be rebooted."
    403 | InvalidOperationStarterPackage                      | "StarterPackage not support modification."
    400 | InvalidOperationVpcHasEnabledAdvancedNetworkFeature | "The specified vpc has enabled advanced network feature."
    400 | InvalidParameter                                    | dynamic
    400 | InvalidParameterDiskCategory                        | "The specified parameter Disk.Category is not valid."
    403 | InvalidParameterInstanceId                          | dynamic
    403 | InvalidParameterInvalidEniQueueNumber               | dynamic
    400 | InvalidPerformanceLevelMalformed                    | "The specified parameter Disk.n.PerformanceLevel is not valid."
    400 | InvalidRebootTimeMalFormed                          | "The specified rebootTime is not valid."
    400 | InvalidRebootTimeValueNotSupported                  | "The specified RebootTime is not valid."
    404 | InvalidRegionIdNotFound                             | "The specified RegionId does not exist."
    403 | InvalidResourceTypeNotSupported                     | dynamic
    400 | InvalidStatusNotStopped                             | "Instance status must be stopped."
    400 | InvalidSystemDiskCategoryNotMatchInstanceType       | "The system disk category does not match the instance type."
    403 | InvalidUserPassRoleForbidden                        | "The RAM user does not have privilege to pass a role."
    400 | LastOrderProcessing                                 | "The previous order is still processing, please try again later."
    400 | MissingParameterDiskCategory                        | "The specified parameter Disk.Category can not be null when Disk.DiskId is specified."
    400 | MissingParameterInstanceIdNotSupported              | "The InstanceId should not be null."
    400 | MissingParameterRegionId                            | "The RegionId should not be null."
    400 | NoPermissionPrice                                   | "The operation requires price permission. Please either apply for permission from your main account, or set the parameter AutoPay as true."
    400 | NoPermissionRefund                                  | "The operation requires refund permission. Please apply for permission from your main account."
    400 | OperationDenied                                     | "The current user does not support this operation." => "this account may not use the operation at all; ask the main account or support for access"
    403 | OperationDenied                                     | dynamic => "the operation is refused for this resource, and the message says why"
    403 | OperationDeniedImageNotValid                        | "The specified image is not authorized."
    403 | OperationDeniedLocalDiskUnsupported                 | "The configuration change is not allowed when the specified instance has local disks mounted."
    403 | OperationDeniedNoStock                              | "The resource is out of stock in the specified zone. Please try other types, or choose other regions and zones."
    403 | OperationDeniedNoStock                              | "The specified instance is out of usage." => "the target type is sold out, in the service's older words; choose another type or come back much later"
    403 | OperationDeniedUnpaidOrder                          | "The specified instance has unpaid order."
    400 | OrderCreationFailed                                 | "Order creation failed, please check your params and try it again later."
    400 | QuotaExceedDiskCapacity                             | "The used capacity of disk type has exceeded the quota in the zone, %s."
    403 | QuotaExceedElasticQuota                             | "No additional quota is available for the specified ECS instance type." => "the account has no quota left for the target type; ask for more or choose another type"
    403 | QuotaExceedElasticQuota                             | "The number of the specified ECS instances has exceeded the quota of the specified instance type, or the number of vCPUs assigned to the ECS instances has exceeded the quota in the zone." => "either too many instances of the target type or too many vCPUs in the zone; look at both quotas"
    403 | QuotaExceedElasticQuota                             | "The number of the specified ECS instances has exceeded the quota of the specified instance type." => "too many instances of the target type; raise its quota or choose another type"
    403 | QuotaExceedElasticQuota                             | "The number of vCPUs assigned to the ECS instances has exceeded the quota in the zone." => "too many vCPUs in the zone; raise the vCPU quota or choose a smaller type"
    400 | QuotaExceedRufundVcpu                               | "The maximum number of refunded vcpu is exceeded: %s ."
    400 | Throttling                                          | "You have made too many requests within a short time; your request is denied due to request throttling."
};

/// The errors of any operation whose code has several meanings.
pub static COMMON: &[DocumentedError] = rows! {
    400 | InvalidAccessKeyIdNotFound                | "The specified Access Key ID does not exist."
    404 | InvalidAccessKeyIdNotFound                | "Specified access key is not found." => "the gateway knows no such access key id; check the credentials, or whether the key has been deleted"
    403 | InvalidAction                             | "Specified action is not valid." => "the Action parameter names nothing that can be called; check its spelling and the endpoint"
    400 | InvalidParamater                          | "The specified parameter \"SignatureMethod\" is not valid." => "the SignatureMethod is refused (the service spells the code this way); V1 signs with HMAC-SHA1"
    400 | InvalidParamater                          | "The specified parameter \"SignatureVersion\" is not valid." => "the SignatureVersion is refused (the service spells the code this way); V1 says 1.0"
    400 | InvalidParameter                          | "The specified parameter is not valid" => "some parameter is refused and the message does not say which; check all values"
    400 | InvalidParameter                          | "The specified parameter \"Action or Version\" is not valid." => "there is no such pair of Action and Version; check their spelling, ECS is 2014-05-26"
    400 | InvalidParameter                          | "The specified parameter \"SecurityToken.Expired\" is not valid." => "the temporary credentials have expired, which only this message says; fetch new ones and sign again"
    400 | MissingParameter                          | "The input parameter \"Action\" that is mandatory for processing this request is not supplied" => "the request names no operation; send Action"
    400 | MissingParameter                          | "The input parameter \"AccessKeyId\" that is mandatory for processing this request is not supplied" => "the request does not say who calls; send AccessKeyId"
    400 | MissingParameter                          | "The input parameter \"Signature\" that is mandatory for processing this request is not supplied" => "the request is not signed; send Signature"
    400 | MissingParameter                          | "The input parameter \"TimeStamp\" that is mandatory for processing this request is not supplied" => "the request carries no time; send Timestamp"
    400 | MissingParameter                          | "The input parameter \"Version\" that is mandatory for processing this request is not supplied" => "the request names no API version; send Version, ECS is 2014-05-26"
    403 | MissingParameter                          | "The input parameter OwnerId,OwnerAccount that is mandatory for processing this request is not supplied." => "the request names no owner; send OwnerId or OwnerAccount"
};

/// The errors of `DescribeResourcesModification` whose code means something else there.
pub static DESCRIBE_RESOURCES_MODIFICATION: &[DocumentedError] = rows! {
    404 | OperationDenied                   | "The specified operation is denied as this instanceType is not support." => "the type of the instance is one that cannot be changed"
};

/// The rows of one operation.
fn of_operation(action: &str) -> &'static [DocumentedError] {
    match action {
        "ModifyPrepayInstanceSpec" => MODIFY_PREPAY_INSTANCE_SPEC,
        "DescribeResourcesModification" => DESCRIBE_RESOURCES_MODIFICATION,
        _ => &[],
    }
}

/// The row of an error response of `action`: its own rows come first, then the common ones.
pub(crate) fn find(
    action: &str,
    code: &ErrorCode,
    message: &str,
    http_status: u16,
) -> Option<&'static DocumentedError> {
    let message = message.trim();
    let [own, common] =
        [of_operation(action), COMMON].map(|rows| best_of(rows, code, message, http_status));
    // A row with exactly this message is more specific than one with placeholders.
    own.filter(|row| row.fit(message) < Fit::Dynamic)
        .or(common.filter(|row| row.fit(message) < Fit::Dynamic))
        .or(own)
        .or(common)
}

/// The row of `code` that matches the response best; among equals the first one with its status.
///
/// An unknown message still matches a row if the code has no other meaning.
fn best_of(
    rows: &'static [DocumentedError],
    code: &ErrorCode,
    message: &str,
    http_status: u16,
) -> Option<&'static DocumentedError> {
    let of_code = || rows.iter().filter(|row| row.code == *code);
    let best = of_code().min_by_key(|row| (row.fit(message), row.http_status != http_status))?;
    let certain =
        best.fit(message) < Fit::OtherWords || of_code().all(|row| row.message == best.message);
    certain.then_some(best)
}

/// How well a message matches a row, the best first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Exact,
    Pattern,
    Dynamic,
    OtherWords,
}

impl DocumentedError {
    fn fit(&self, message: &str) -> Fit {
        match self.message {
            None => Fit::Dynamic,
            Some(own) if own.eq_ignore_ascii_case(message) => Fit::Exact,
            Some(own) if matches(own, message) => Fit::Pattern,
            Some(_) => Fit::OtherWords,
        }
    }
}

/// The placeholders of documented messages.
const PLACEHOLDERS: [&str; 11] = [
    "%s", "{0}", "{1}", "{2}", "{3}", "{4}", "{5}", "{6}", "{7}", "{8}", "{9}",
];

/// Whether `text` is `pattern` with some text in place of each placeholder, ASCII case aside.
///
/// Takes each literal piece at its first place from left to right, so it never goes back.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, mut pattern)) = split_placeholder(pattern) else {
        return pattern.eq_ignore_ascii_case(text);
    };
    let Some(mut text) = strip_prefix(text, head) else {
        return false;
    };
    while let Some((piece, rest)) = split_placeholder(pattern) {
        let Some(after) = (0..=text.len()).find_map(|at| strip_prefix(text.get(at..)?, piece))
        else {
            return false;
        };
        (pattern, text) = (rest, after);
    }
    let tail = text
        .len()
        .checked_sub(pattern.len())
        .and_then(|at| text.get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(pattern))
}

/// The text before and after the first placeholder.
fn split_placeholder(pattern: &str) -> Option<(&str, &str)> {
    pattern.match_indices(['%', '{']).find_map(|(at, _)| {
        let (before, from) = pattern.split_at_checked(at)?;
        let after = PLACEHOLDERS.iter().find_map(|it| from.strip_prefix(it))?;
        Some((before, after))
    })
}

/// What follows `prefix` in `text`, ASCII case aside.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::super::code::tests::{Row, assert_plain_line, common_rows, modify_prepay_rows};
    use super::*;

    const ACTION: &str = "ModifyPrepayInstanceSpec";

    fn find_in(action: &str, status: u16, code: &str, message: &str) -> Option<&'static str> {
        find(action, &code.into(), message, status).map(|row| row.description)
    }

    /// A message as the service would send it: every placeholder filled in.
    fn as_sent(documented: &str) -> String {
        let mut sent = documented.to_owned();
        for placeholder in PLACEHOLDERS {
            sent = sent.replace(placeholder, "ecs.g5.large 已满");
        }
        sent
    }

    fn assert_each_row_is_found(action: &str, rows: &[Row], table: &[DocumentedError]) {
        assert_eq!(rows.len(), table.len());
        for row in rows {
            let code = ErrorCode::from(row.code.as_str());
            let found = find(action, &code, &as_sent(&row.message), row.http_status);
            let found = found.unwrap_or_else(|| panic!("{row:?}"));
            let message = found.message.unwrap_or("%s");
            assert_eq!(
                (found.http_status, &found.code, message),
                (row.http_status, &code, row.message.as_str())
            );
            assert!(
                table.iter().any(|row| std::ptr::eq(row, found)),
                "{row:?} is found in the other table"
            );
        }
    }

    #[test]
    fn each_error_of_the_operation_is_found_as_its_own_row() {
        assert_each_row_is_found(ACTION, &modify_prepay_rows(), MODIFY_PREPAY_INSTANCE_SPEC);
    }

    #[test]
    fn each_common_error_is_found_as_its_own_row() {
        let kept = |row: &Row| COMMON.iter().any(|kept| kept.code == *row.code);
        let rows: Vec<Row> = common_rows().into_iter().filter(kept).collect();
        assert_each_row_is_found("DescribeDisks", &rows, COMMON);
    }

    #[test]
    fn one_code_may_differ_between_operations() {
        let [row] = DESCRIBE_RESOURCES_MODIFICATION else {
            panic!("one row");
        };
        let message = row.message.expect("a message");
        let found = |action| find(action, &row.code, message, row.http_status);
        assert_eq!(found("DescribeResourcesModification"), Some(row));
        assert_ne!(found(ACTION), Some(row));
        assert_eq!(found("StartInstance"), None);
    }

    #[test]
    fn rows_are_unique() {
        for table in [MODIFY_PREPAY_INSTANCE_SPEC, COMMON] {
            for (at, row) in table.iter().enumerate() {
                assert!(!table[..at].contains(row), "{row:?}");
            }
        }
    }

    #[test]
    fn forty_five_rows_of_the_operation_are_in_the_reference_page() {
        let in_page = modify_prepay_rows().into_iter().filter(|row| row.in_seed);
        assert_eq!(in_page.count(), 45);
    }

    #[test]
    fn the_four_quotas_have_different_descriptions() {
        let quota = |message| find_in(ACTION, 403, "QuotaExceed.ElasticQuota", message);
        let mut descriptions = [
            "No additional quota is available for the specified ECS instance type.",
            "The number of the specified ECS instances has exceeded the quota of the specified instance type, or the number of vCPUs assigned to the ECS instances has exceeded the quota in the zone.",
            "The number of the specified ECS instances has exceeded the quota of the specified instance type.",
            "The number of vCPUs assigned to the ECS instances has exceeded the quota in the zone.",
        ]
        .map(|message| quota(message).expect("a row"));
        descriptions.sort_unstable();
        assert!(descriptions.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(quota("Some fifth quota."), None);
    }

    #[test]
    fn the_status_chooses_between_rows_with_one_message() {
        for (code, message, statuses) in [
            (
                "InvalidInstanceId.NotFound",
                "The specified InstanceId does not exist.",
                [404, 400],
            ),
            (
                "InvalidInstanceStatus",
                "The current status of the instance does not support this operation.",
                [403, 400],
            ),
        ] {
            let status =
                |status| find(ACTION, &code.into(), message, status).map(|row| row.http_status);
            assert_eq!(statuses.map(status), statuses.map(Some));
            assert_eq!(status(502), Some(statuses[0]), "else the first row");
        }
    }

    #[test]
    fn the_message_comes_before_the_status() {
        let found = |status, message| {
            find(ACTION, &ErrorCode::OperationDenied, message, status).map(|row| row.http_status)
        };
        assert_eq!(
            found(403, "The current user does not support this operation."),
            Some(400)
        );
        assert_eq!(found(400, "The disk is busy."), Some(403));
    }

    #[test]
    fn case_and_surrounding_space_of_a_message_do_not_matter() {
        let code = "OperationDenied.NoStock";
        let sent = find_in(
            ACTION,
            403,
            code,
            " the specified INSTANCE is out of usage.\r\n",
        );
        let documented = find_in(ACTION, 403, code, "The specified instance is out of usage.");
        assert!(sent.is_some() && sent == documented);
    }

    #[test]
    fn an_unknown_message_matches_the_dynamic_row_or_the_only_message() {
        let found = |code: &str| find(ACTION, &code.into(), "In other words.", 400);
        let message = |code: &str| found(code).map(|row| row.message);
        // a dynamic row takes any message
        assert_eq!(message("IdempotenceParamNotMatch"), Some(None));
        // one message: of one row, of two rows, or a pattern
        assert_eq!(
            message("Account.Arrearage"),
            Some(Some("Your account has an outstanding payment."))
        );
        assert_eq!(
            found("InvalidInstanceId.NotFound").map(|row| row.http_status),
            Some(400)
        );
        assert!(message("QuotaExceed.DiskCapacity").is_some());
        // several messages everywhere, or no row at all
        assert_eq!(message("OperationDenied.NoStock"), None);
        assert_eq!(message("MissingParameter"), None);
        assert_eq!(message("Some.NewCode"), None);
    }

    #[test]
    fn patterns_take_any_text_for_each_placeholder() {
        for (pattern, text, fits) in [
            ("plain", "PLAIN", true),
            ("plain", "plain.", false),
            ("%s", "", true),
            ("a %s c", "A b c", true),
            ("a %s c", "a  c", true),
            ("a %s c", "a c", false),
            ("a %s c", "a c c c", true),
            ("a %s c", "a b c d", false),
            ("{0}{1}", "缺货", true),
            ("库存 {0}: {1}。", "库存 π: ∞。", true),
            ("{0}x{1}x", "x", false),
            ("{0}x{1}x", "xx", true),
            ("aXb{0}", "aX", false),
            ("{10}", "{10}", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn a_long_message_is_matched_in_one_pass() {
        let pattern = "a{0}a{1}a{2}a{3}a{4}b";
        assert!(!matches(pattern, &"a".repeat(1_000_000)));
        assert!(matches(pattern, &("a".repeat(1_000_000) + "b")));
    }

    #[test]
    fn descriptions_are_one_plain_line() {
        for row in MODIFY_PREPAY_INSTANCE_SPEC.iter().chain(COMMON) {
            assert_plain_line(row.description);
        }
    }
}
