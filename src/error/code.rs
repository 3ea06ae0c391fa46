//! The error codes of the service: one row per code, sorted by wire form without regard to case.
//!
//! A row has everything that this crate knows about a code. To add a code, add its row; the enum, its documentation,
//! the page of all codes, the lookup and the tests follow.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::LazyLock;

use crate::types::one_line;

/// The text in the column `retried` of the page of all codes.
macro_rules! retried {
    (Never) => {
        "no"
    };
    (Later) => {
        "no; later may succeed"
    };
    (Busy) => {
        "by a resize"
    };
    (KeyRejected) => {
        "once, with other credentials"
    };
    (TokenReused) => {
        "no"
    };
    (Transient) => {
        "yes"
    };
    (Throttling) => {
        "yes, slowly"
    };
    (InProgress) => {
        "yes, slowly"
    };
    (AfterAmbiguous) => {
        "if its own order may exist"
    };
    (StaleClock) => {
        "once, with the service's time"
    };
    (NonceUsed) => {
        "once, with a new nonce"
    };
    (ExpiredCredentials) => {
        "once, with new credentials"
    };
}

/// A row of a page about codes. The code has no separate column, because some codes are too long for one.
macro_rules! page_row {
    ($link:expr, $category:ident $retry:ident $description:literal $description_zh:literal) => {
        concat!(
            "| ",
            $link,
            "<br>",
            $description,
            "<br>",
            $description_zh,
            " | [`",
            stringify!($category),
            "`](ErrorCategory::",
            stringify!($category),
            ") | ",
            retried!($retry),
            " |",
        )
    };
}

/// The row of a known code, with an anchor for the index.
macro_rules! code_row {
    ($variant:ident $wire:literal $($rest:tt)*) => {
        page_row!(
            concat!(
                "<span id=\"", stringify!($variant), "\"></span>",
                "[`", $wire, "`](ErrorCode::", stringify!($variant), ")"
            ),
            $($rest)*
        )
    };
}

/// Defines for each category a macro that links to the row of a code if the code has this category, and is empty
/// otherwise. Also defines `index!`, which expands to the rows of the index: each category with its codes. `$d` is a
/// `$` of the inner macros.
macro_rules! index_macros {
    ($d:tt $($category:ident $name:ident)*) => {
        $(
            macro_rules! $name {
                ($category $d variant:ident $d wire:literal) => {
                    concat!("[`", $d wire, "`](#", stringify!($d variant), ") ")
                };
                ($d ($d other:tt)*) => {
                    ""
                };
            }
        )*

        macro_rules! index {
            ($d ($d code:tt)*) => {
                concat!($(
                    "| [`", stringify!($category), "`](ErrorCategory::", stringify!($category), ") | ",
                    $d ($name! $d code,)*
                    "|\n",
                )*)
            };
        }
    };
}

index_macros! { $
    Auth if_auth
    Billing if_billing
    Idempotency if_idempotency
    NotFound if_not_found
    Permission if_permission
    Quota if_quota
    Server if_server
    State if_state
    Stock if_stock
    Throttling if_throttling
    Validation if_validation
}

macro_rules! codes {
    ($($variant:ident | $wire:literal | $category:ident | $retry:ident | $description:literal | $description_zh:literal)*) => {
        /// The code of an error response.
        ///
        /// Match on codes, not on HTTP statuses: the service has used several statuses for one code over the years. Codes are
        /// compared without regard to ASCII case, which has changed too. They keep their documented spelling, mistakes
        /// included.
        ///
        /// A code without a variant is [`Unknown`](Self::Unknown). It keeps its text, and its form decides its
        /// [category](Self::category). Compare a code that may get a variant later by its text:
        /// `code == "Some.NewCode"` remains true then.
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
        ///
        /// [`codes`](super::codes) lists all codes on one page, with descriptions in English and Chinese.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(from = "String"))]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(
                #[doc = concat!("`", $wire, "`: ", $description)]
                $variant,
            )*
            /// A code without its own row, as it was received.
            Unknown(UnknownCode),
        }

        /// Every known code, in the order of the table.
        static KNOWN: &[ErrorCode] = &[$(ErrorCode::$variant),*];

        /// All error codes on one page: what each one means, and whether a call retries it.
        ///
        /// # Codes by category
        ///
        /// | category | codes |
        /// |---|---|
        #[doc = index!($(($category $variant $wire))*)]
        ///
        /// # When a call retries
        ///
        /// A call retries within its maximum number of attempts and its timeout. The column `retried` says when:
        ///
        /// | retried | what the call does |
        /// |---|---|
        /// | no | Fails. The service rejects the same request again. |
        /// | no; later may succeed | Fails. The same request may succeed once something else has changed. Check the resource, then decide. |
        /// | by a resize | Fails, because the resource is busy. A [resize](crate::Client::resize) waits and sends the request again. |
        /// | yes | Retries with backoff, if that is safe. |
        /// | yes, slowly | The same, with a backoff of at least one second: a rate limit was exceeded, or an earlier request is still in progress. |
        /// | if its own order may exist | Retries slowly, but only if an earlier attempt of the same call may have placed the order. |
        /// | once, with … | Retries at once, one time, with that corrected. |
        ///
        /// The HTTP status is used in two cases only: a response with 502, 503 or 504 is retried regardless of its code,
        /// and one with 429 is retried slowly.
        ///
        /// The same facts are returned by [`ErrorCode::category`], [`ErrorCode::description`] and
        /// [`ErrorCode::description_zh`]. Codes that are not listed are classified [by their form](UnknownCode).
        ///
        /// # All codes
        ///
        /// | code, description, 含义 | category | retried |
        /// |---|---|---|
        $(#[doc = code_row!($variant $wire $category $retry $description $description_zh)])*
        pub mod codes {}

        #[cfg(test)]
        static INDEX: &str = index!($(($category $variant $wire))*);

        /// The rows of that page, in the order of the table.
        #[cfg(test)]
        static PAGE: &[&str] = &[$(code_row!($variant $wire $category $retry $description $description_zh)),*];

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
                        description: $description,
                        description_zh: $description_zh,
                    },)*
                    Self::Unknown(_) => &UNDOCUMENTED,
                }
            }
        }
    };
}

//  variant | wire form | category | retry class | meaning: what is wrong, and what to do about it | the same in Chinese
codes! {
    AccountArrearage                                    | "Account.Arrearage"                                    | Billing     | Never              | "the account has overdue payments; pay the outstanding bills, then call again" | "账号欠费；请先结清账单，再重新调用"
    BillingMethodNotFound                               | "BillingMethodNotFound"                                | Billing     | Never              | "the paying account has no way to pay set up; add a payment method in the billing console" | "付费账号未设置支付方式；请在费用中心添加支付方式"
    CategoryViolation                                   | "CategoryViolation"                                    | Validation  | Never              | "an instance with local disks does not support this change; move its data to another instance" | "带本地盘的实例不支持此变更；请将数据迁移到其他实例"
    ChargeTypeViolation                                 | "ChargeTypeViolation"                                  | Billing     | Never              | "the operation does not support the billing method of the instance; use the one for its charge type" | "该操作不适用于实例的计费方式；请改用与其计费方式对应的操作"
    DiskError                                           | "DiskError"                                            | State       | Never              | "a disk of the instance is in a state that does not allow this; check its disks first" | "实例存在状态异常的云盘，操作被拒绝；请先检查云盘"
    DiskInArrears                                       | "DiskInArrears"                                        | Billing     | Never              | "a disk of the instance has expired or is unpaid; settle that, then start the instance" | "实例存在已到期或欠费的云盘；请结清费用后再启动实例"
    DryRunOperation                                     | "DryRunOperation"                                      | Validation  | Never              | "not a failure: a dry run passed every check and changed nothing; send it again without DryRun to act" | "并非失败：预检请求已通过，未做任何变更；去掉 DryRun 后重新发送即可执行"
    Forbidden                                           | "Forbidden"                                            | Permission  | Never              | "access denied; grant this action on this resource in a RAM policy" | "没有访问权限；请在 RAM 策略中授予该资源的此项操作权限"
    ForbiddenAccessKeyDisabled                          | "Forbidden.AccessKeyDisabled"                          | Auth        | Never              | "the access key is disabled; enable it in RAM or use another one" | "AccessKey 已被禁用；请在 RAM 中启用，或更换 AccessKey"
    ForbiddenNotSupportRam                              | "Forbidden.NotSupportRAM"                              | Permission  | Never              | "the operation does not support RAM users and roles; call it with the main account" | "该操作不支持 RAM 用户和 RAM 角色；请使用主账号调用"
    ForbiddenRam                                        | "Forbidden.RAM"                                        | Permission  | Never              | "a RAM policy denies the call, or the operation does not support RAM callers; access_denied_detail names the policy if the service sends it" | "被 RAM 策略拒绝，或该操作不支持 RAM 身份；如返回 access_denied_detail，请查看其中的策略名称"
    ForbiddenRiskControl                                | "Forbidden.RiskControl"                                | Permission  | Never              | "risk control has blocked the account or the action; ask Alibaba Cloud support to lift it" | "账号或操作被风控拦截；请联系阿里云客服解除"
    ForbiddenSubUser                                    | "Forbidden.SubUser"                                    | Permission  | Never              | "the action does not support RAM users; call it with the main account" | "RAM 用户不能执行该操作；请使用主账号调用"
    ForbiddenUnauthorized                               | "Forbidden.Unauthorized"                               | Permission  | Never              | "the caller has no permission for this resource; grant the action on it in a RAM policy" | "调用者没有该资源的权限；请在 RAM 策略中授予此项操作权限"
    ForbiddenUserVerification                           | "Forbidden.UserVerification"                           | Permission  | Never              | "the account is not verified; complete verification in the console" | "账号尚未认证；请在控制台完成认证"
    HibernationConfiguredInstanceOperationForbidden     | "HibernationConfigured.InstanceOperationForbidden"     | State       | Never              | "the instance has hibernation enabled, which does not allow this change" | "实例已启用休眠功能，不支持此类变更"
    HibernationConfiguredNotEnabled                     | "HibernationConfigured.NotEnabled"                     | Validation  | Never              | "the instance does not have hibernation enabled; stop it without hibernation" | "实例未启用休眠功能；停止实例时请勿指定休眠选项"
    IdempotenceProcessing                               | "Idempotence.Processing"                               | Idempotency | InProgress         | "the first request with this client token is still running; wait and send the same request with the same token" | "首个使用此 ClientToken 的请求尚未处理完成；请稍后使用同一 ClientToken 重新发送相同的请求"
    IdempotenceParamNotMatch                            | "IdempotenceParamNotMatch"                             | Idempotency | TokenReused        | "this client token was used before with other parameters; use a new token for a new order" | "此 ClientToken 已用于参数不同的请求；新的操作请使用新的 ClientToken"
    IdempotentParameterMismatch                         | "IdempotentParameterMismatch"                          | Idempotency | TokenReused        | "this client token was used before with other parameters; use a new token for a changed request" | "此 ClientToken 对应另一组参数；修改请求后请使用新的 ClientToken"
    IllegalTimestamp                                    | "IllegalTimestamp"                                     | Auth        | StaleClock         | "the Timestamp is missing, malformed or too old, regardless of the message; check the clock and sign again" | "Timestamp 缺失、格式有误或已过期，与 message 的描述无关；请校准时钟后重新签名"
    ImageNotSupportInstanceType                         | "ImageNotSupportInstanceType"                          | Validation  | Never              | "the image of the instance cannot run on the target type; choose another type or replace the image" | "实例的镜像不支持目标规格；请更换规格，或更换镜像"
    ImageOrderFailed                                    | "ImageOrderFailed"                                     | Server      | Later              | "the marketplace image could not be ordered with the change; retry later, open a ticket if it persists" | "变配所需的云市场镜像订单创建失败；请稍后重试，仍然失败请提交工单"
    IncompleteSignature                                 | "IncompleteSignature"                                  | Auth        | Never              | "the signature is wrong or malformed; check the access key secret and how the request was signed" | "签名有误或签名方式不正确；请检查 AccessKey Secret 和签名过程"
    IncorrectInstanceStatus                             | "IncorrectInstanceStatus"                              | State       | Busy               | "the current state of the resource does not allow the change; wait until it is Running or Stopped, then send the request again" | "资源当前的状态不支持变更；请等待状态变为 Running 或 Stopped 后重新发送请求"
    IncorrectInstanceStatusInitializing                 | "IncorrectInstanceStatus.Initializing"                 | State       | Busy               | "the instance is still initializing; wait until it is Running or Stopped, then send the request again" | "实例仍在初始化；请等待状态变为 Running 或 Stopped 后重新发送请求"
    InstanceDowngradeQuotaExceed                        | "InstanceDowngrade.QuotaExceed"                        | Quota       | Never              | "the instance has no downgrades left; keep the type or raise the quota" | "该实例的降配次数已用完；请保留现有规格，或申请提高额度"
    InstanceExpired                                     | "InstanceExpired"                                      | Billing     | Never              | "the instance has expired or the account has overdue payments; renew or pay first" | "实例已到期或账号欠费；请先续费或结清欠款"
    InstanceExpiredOrInArrears                          | "InstanceExpiredOrInArrears"                           | Billing     | Never              | "the subscription has expired or the account has overdue payments; renew or pay first" | "包年包月实例已到期或账号欠费；请先续费或结清欠款"
    InstanceLockedForSecurity                           | "InstanceLockedForSecurity"                            | State       | Never              | "the instance is locked for security reasons; resolve the lock in the console first" | "实例因安全原因被锁定，不支持变更；请先在控制台解锁"
    InstanceNotReady                                    | "InstanceNotReady"                                     | State       | Busy               | "the instance is not ready yet; wait, then send the request again" | "实例尚未就绪；请稍后重新发送请求"
    InstanceSpecModificationNotEffective                | "InstanceSpecModification.NotEffective"                | State       | Later              | "an earlier change is not in effect yet; restart the instance through the API, then send the request again" | "之前的变配尚未生效；请通过 API 重启实例，再重新发送请求"
    InstanceTypeOffline                                 | "InstanceType.Offline"                                 | Stock       | Never              | "the target type is withdrawn or scarce; choose a type that is on sale" | "目标规格已下线或库存紧张；请更换为在售的规格"
    InstanceTypeParameterMismatch                       | "InstanceType.ParameterMismatch"                       | Validation  | Never              | "an instance with local disks stops only with ConfirmStop=true, which confirms that their data may be lost" | "停止带本地盘的实例须设置 ConfirmStop=true，即确认数据可能丢失"
    InstanceTypeNotSupportedTooManyDisksAttached        | "InstanceTypeNotSupported.TooManyDisksAttached"        | Validation  | Never              | "the instance has more disks than the target type supports; detach some or choose a larger type" | "云盘数量超过目标规格的上限；请卸载部分云盘，或选择更大的规格"
    InsufficientBalance                                 | "InsufficientBalance"                                  | Billing     | Never              | "the balance does not cover the operation; top up the account" | "账号余额不足以支付此次操作；请先充值"
    InternalError                                       | "InternalError"                                        | Server      | Transient          | "the service failed; send the same request with the same client token, report the request id if it persists" | "服务内部错误；请使用同一 ClientToken 重新发送相同的请求，持续失败请凭 RequestId 提交工单"
    InvalidDestinationResource                          | "Invalid.DestinationResource"                          | Validation  | Never              | "the resource to change is neither InstanceType nor SystemDisk" | "要变更的资源既不是 InstanceType 也不是 SystemDisk"
    InvalidInstanceChargeType                           | "Invalid.InstanceChargeType"                           | Validation  | Never              | "the billing method is not supported here" | "此处不支持该计费方式"
    InvalidInstancePayType                              | "Invalid.InstancePayType"                              | Validation  | Never              | "the billing method is not supported here" | "实例的付费类型无法识别"
    InvalidIoOptimized                                  | "Invalid.IoOptimized"                                  | Validation  | Never              | "the request does not support the I/O optimization of the instance" | "实例的 I/O 优化属性不支持此查询"
    InvalidNetworkCategory                              | "Invalid.NetworkCategory"                              | Validation  | Never              | "the request does not support the network type of the instance" | "实例的网络类型不支持此查询"
    InvalidOperationType                                | "Invalid.OperationType"                                | Validation  | Never              | "the kind of change is unknown, or does not fit the billing method; subscriptions support Upgrade and Downgrade" | "变更方向无法识别，或与计费方式不符；包年包月实例请使用 Upgrade 或 Downgrade"
    InvalidParam                                        | "Invalid.Param"                                        | Validation  | Never              | "the DestinationResource is missing; send InstanceType or SystemDisk" | "缺少 DestinationResource；请设置为 InstanceType 或 SystemDisk"
    InvalidPrivatePoolOptionsMatchCriteria              | "Invalid.PrivatePoolOptions.MatchCriteria"             | State       | Never              | "the private pool setting of the instance does not allow this change; set its match mode to Open first" | "实例的私有池匹配设置不支持此变更；请先将匹配模式改为 Open"
    InvalidPrivatePoolOptionsNoStock                    | "Invalid.PrivatePoolOptions.NoStock"                   | Stock       | Later              | "the private pool is used up; enlarge it or change how the instance matches pools" | "私有池容量已用完；请扩容，或修改实例匹配私有池的方式"
    InvalidRegionId                                     | "Invalid.RegionId"                                     | Validation  | Never              | "the region does not exist or is not available to this account; check the region" | "地域不存在或未对该账号开放；请检查地域"
    InvalidResourceId                                   | "Invalid.ResourceId"                                   | Validation  | Never              | "the instance id is not valid; check it and its region" | "实例 ID 不合法；请检查实例 ID 和地域"
    InvalidResourceType                                 | "Invalid.ResourceType"                                 | Validation  | Never              | "the type of resource does not exist" | "资源类型不存在"
    InvalidSpotStrategy                                 | "Invalid.SpotStrategy"                                 | Validation  | Never              | "the spot strategy is unknown" | "抢占策略无法识别"
    InvalidAcceptLanguageNotFound                       | "InvalidAcceptLanguage.NotFound"                       | NotFound    | Never              | "the language is not supported; use zh-CN or en-US" | "不支持该语言；请使用 zh-CN 或 en-US"
    InvalidAccessKeyIdInactive                          | "InvalidAccessKeyId.Inactive"                          | Auth        | KeyRejected        | "the access key exists but is inactive; enable it or use another one" | "AccessKey 存在但未启用；请启用，或更换 AccessKey"
    InvalidAccessKeyIdNotFound                          | "InvalidAccessKeyId.NotFound"                          | Auth        | KeyRejected        | "no such access key id; check the credentials, or whether the key has been deleted" | "AccessKey ID 不存在；请检查凭据，并确认 AccessKey 未被删除"
    InvalidAccountNotFound                              | "InvalidAccount.NotFound"                              | Auth        | Never              | "no such account; check the credentials in use and the owner parameters" | "账号不存在；请检查所用的凭据和 Owner 参数"
    InvalidAccountStatusNotEnoughBalance                | "InvalidAccountStatus.NotEnoughBalance"                | Billing     | Never              | "the balance or payment method does not cover the order; top up the account first" | "账号余额不足，或支付方式无法支付该订单；请先充值"
    InvalidAction                                       | "InvalidAction"                                        | State       | Never              | "the operation does not support the resource as it is; the message has the reason" | "资源当前的情况不支持该操作；具体原因请查看 message"
    InvalidActionNotFound                               | "InvalidAction.NotFound"                               | Validation  | Never              | "no such operation at this endpoint; check the endpoint and the spelling of Action, which is case-sensitive" | "此接入点没有该操作；请检查 Action 的拼写（区分大小写）和接入点"
    InvalidActionNotSupport                             | "InvalidAction.NotSupport"                             | State       | Never              | "the instance does not support this operation in its current configuration; the message has the reason" | "实例当前的配置不支持此操作；原因请查看 message"
    InvalidActionWithActiveElasticUpgrade               | "InvalidAction.WithActiveElasticUpgrade"               | State       | Later              | "a temporary upgrade is active; change the type after its end time" | "临时升配仍在生效；请在临时升配结束后再变更"
    InvalidApiNotFound                                  | "InvalidApi.NotFound"                                  | Validation  | Never              | "no such operation at this endpoint; check Action, Version and that the host is an ECS endpoint" | "此接入点不支持该操作；请检查 Action、Version，以及域名是否属于 ECS"
    InvalidBillingMethod                                | "InvalidBillingMethod"                                 | Billing     | Never              | "the billing method is unknown or not supported here; check the charge type of the instance" | "计费方式无法识别，或此处不支持；请查看实例的计费方式"
    InvalidBillingMethodValueNotSupported               | "InvalidBillingMethod.ValueNotSupported"               | Billing     | Never              | "the billing method of the instance does not allow the change; use ModifyInstanceSpec for pay-as-you-go instances" | "实例的计费方式不支持此变更；按量付费实例请使用 ModifyInstanceSpec"
    InvalidCapacityReservationIdNotFound                | "InvalidCapacityReservationId.NotFound"                | NotFound    | Never              | "the capacity reservation of the instance does not exist any more; change how the instance matches pools" | "实例使用的容量预留已不存在；请修改实例匹配私有池的方式"
    InvalidClientTokenValueNotSupported                 | "InvalidClientToken.ValueNotSupported"                 | Idempotency | Never              | "the client token is not valid; it must be ASCII and at most 64 characters long" | "ClientToken 不合法；仅支持 ASCII 字符，且不能超过 64 个字符"
    InvalidConditionMalformed                           | "InvalidCondition.Malformed"                           | Validation  | Never              | "a condition is not valid; DiskCategory is the only one" | "查询条件不合法；仅支持 DiskCategory"
    InvalidDataDiskCategoryValueNotSupported            | "InvalidDataDiskCategory.ValueNotSupported"            | Validation  | Never              | "the category of a data disk does not work with the target type; choose another type or convert the disk" | "数据盘的类型与目标规格不兼容；请更换规格，或变更云盘类型"
    InvalidDataDiskSizeValueNotSupported                | "InvalidDataDiskSize.ValueNotSupported"                | Validation  | Never              | "the size of a data disk is outside the range of its category" | "数据盘的容量超出该类型的取值范围"
    InvalidDedicatedHostNotEnoughResource               | "InvalidDedicatedHost.NotEnoughResource"               | Stock       | Later              | "the dedicated host does not have enough capacity; free some or move the instance" | "专有宿主机的资源不足以容纳该实例；请释放资源，或迁移实例"
    InvalidDedicatedHostIdNotFound                      | "InvalidDedicatedHostId.NotFound"                      | NotFound    | Never              | "no such dedicated host in this region and account" | "该地域和账号下不存在该专有宿主机"
    InvalidDiskDetachedSystemDisk                       | "InvalidDisk.DetachedSystemDisk"                       | State       | Never              | "the system disk is not attached; attach it, then change the type" | "系统盘未挂载；请挂载后再变更规格"
    InvalidDiskCategoryMissing                          | "InvalidDiskCategory.Missing"                          | Validation  | Never              | "a data disk has no category; send DataDisk.N.Category" | "数据盘未指定类型；请设置 DataDisk.N.Category"
    InvalidDiskCategoryValueNotSupported                | "InvalidDiskCategory.ValueNotSupported"                | Validation  | Never              | "the category of a disk is not supported here" | "此处不支持该云盘类型"
    InvalidDiskIdNotFound                               | "InvalidDiskId.NotFound"                               | NotFound    | Never              | "no such disk in this region and account; check the id and the region" | "该地域和账号下不存在该云盘；请检查云盘 ID 和地域"
    InvalidDiskSizeTooSmall                             | "InvalidDiskSize.TooSmall"                             | Validation  | Never              | "the disk is too small for its performance level; use a larger size or a lower level" | "云盘容量低于其性能等级的下限；请扩大容量，或降低性能等级"
    InvalidFilterKeyNotFound                            | "InvalidFilterKey.NotFound"                            | NotFound    | Never              | "the key of a filter is unknown" | "过滤条件的键无法识别"
    InvalidHpcClusterIdCreating                         | "InvalidHpcClusterId.Creating"                         | Validation  | Never              | "the HPC cluster is still being created; wait, then send the request again" | "HPC 集群正在创建；请稍后重新发送请求"
    InvalidHpcClusterIdNotFound                         | "InvalidHpcClusterId.NotFound"                         | NotFound    | Never              | "no such HPC cluster in this region and account" | "该地域和账号下不存在该 HPC 集群"
    InvalidIdempotenceParameterMismatch                 | "InvalidIdempotenceParameter.Mismatch"                 | Idempotency | TokenReused        | "the client token was used before with other parameters; use a new token for a changed request" | "参数与首次使用此 ClientToken 时不一致；修改后的请求须使用新的 ClientToken"
    InvalidImageIdNotFound                              | "InvalidImageId.NotFound"                              | NotFound    | Never              | "no such image in this region and account; check the id and the region" | "该地域和账号下不存在该镜像；请检查镜像 ID 和地域"
    InvalidInstanceEipNotSupport                        | "InvalidInstance.EipNotSupport"                        | State       | Never              | "an elastic IP address blocks the change of this kind of instance; unbind it, then change the type" | "此类实例绑定 EIP 时不支持变更；请解绑 EIP 后再变更规格"
    InvalidInstanceNatPortMapNotSupport                 | "InvalidInstance.NatPortMapNotSupport"                 | State       | Never              | "the instance uses NAT port mapping, which does not allow this change; remove the mapping first" | "实例使用了 NAT 端口映射，不支持此变更；请先删除映射"
    InvalidInstanceNotFoundSystemDisk                   | "InvalidInstance.NotFoundSystemDisk"                   | State       | Never              | "the instance has no system disk; attach one first" | "实例没有系统盘；请先挂载系统盘"
    InvalidInstancePreInstanceExpired                   | "InvalidInstance.PreInstanceExpired"                   | Billing     | Never              | "the subscription has expired, although the message reads like the opposite; renew the instance first" | "包年包月实例已到期（message 的字面含义恰好相反）；请先续费"
    InvalidInstancePurchaseNotFound                     | "InvalidInstance.PurchaseNotFound"                     | Billing     | Never              | "the purchase order of the instance was not found, so it cannot be changed by order; ask support" | "计费系统中没有该实例的购买记录，无法通过订单变更；请提交工单"
    InvalidInstanceUnpaidOrder                          | "InvalidInstance.UnpaidOrder"                          | Billing     | Never              | "an order for this instance is waiting for payment; pay or cancel it, then call again" | "该实例存在待支付的订单；请支付或作废订单后再调用"
    InvalidInstanceChargeTypeNotFound                   | "InvalidInstanceChargeType.NotFound"                   | NotFound    | Never              | "the billing method is unknown; use PrePaid or PostPaid" | "计费方式不存在；仅支持 PrePaid 和 PostPaid"
    InvalidInstanceChargeTypeValueNotSupported          | "InvalidInstanceChargeType.ValueNotSupported"          | Billing     | Never              | "the operation does not accept the charge type of this instance; this one is for subscriptions only" | "该操作不支持实例的计费方式；仅适用于包年包月实例"
    InvalidInstanceIdNotFound                           | "InvalidInstanceId.NotFound"                           | NotFound    | Never              | "no such instance in this region and account; check the id, the region and the credentials in use" | "该地域和账号下不存在该实例；请检查实例 ID、地域和所用的凭据"
    InvalidInstanceIdNotSupport                         | "InvalidInstanceId.NotSupport"                         | Validation  | Never              | "this kind of instance does not support the requested stop mode; leave StoppedMode out" | "此类实例不支持所选的停机模式；请去掉 StoppedMode"
    InvalidInstanceIdReleased                           | "InvalidInstanceId.Released"                           | NotFound    | Never              | "the instance is gone: it has been released and cannot be changed" | "实例已释放，无法变更"
    InvalidInstanceStatus                               | "InvalidInstanceStatus"                                | State       | Busy               | "the current state of the instance does not allow the change; wait until it is Running or Stopped, then send the request again" | "实例当前的状态不支持变更；请等待状态变为 Running 或 Stopped 后重新发送请求"
    InvalidInstanceTypeNotSupportDiskCategory           | "InvalidInstanceType.NotSupportDiskCategory"           | Validation  | Never              | "the instance type does not work with the category of an attached disk; choose another type or convert the disk" | "规格不支持已挂载云盘的类型；请更换规格，或变更云盘类型"
    InvalidInstanceTypeNotSupported                     | "InvalidInstanceType.NotSupported"                     | Validation  | Never              | "the target type is not supported for this change; choose one from DescribeResourcesModification" | "此次变更不支持目标规格；请从 DescribeResourcesModification 的返回结果中选择"
    InvalidInstanceTypeNotSupportUpgrade                | "InvalidInstanceType.NotSupportUpgrade"                | Validation  | Never              | "the target type is a downgrade, and the service only quotes upgrades" | "目标规格更小，仅升配支持询价"
    InvalidInstanceTypeValueNotSupported                | "InvalidInstanceType.ValueNotSupported"                | Validation  | Never              | "the target type is not supported here; choose one from DescribeResourcesModification" | "此处不支持目标规格；请从 DescribeResourcesModification 的返回结果中选择"
    InvalidInstanceTypeValueUnauthorized                | "InvalidInstanceType.ValueUnauthorized"                | Permission  | Never              | "the account may not use the target type; apply for access or choose another one" | "账号暂不能使用目标规格；请申请开通，或更换规格"
    InvalidInternetChargeTypeValueNotSupported          | "InvalidInternetChargeType.ValueNotSupported"          | Validation  | Never              | "the billing method for network traffic is unknown" | "公网流量的计费方式无法识别"
    InvalidLockReasonNotFound                           | "InvalidLockReason.NotFound"                           | NotFound    | Never              | "the lock reason is unknown" | "过滤条件中的锁定原因不存在"
    InvalidMarketImageStatusNotSupported                | "InvalidMarketImageStatus.NotSupported"                | State       | Never              | "the marketplace image of the instance is in a state that does not allow this change; replace the image or ask support" | "实例所用云市场镜像的状态不支持此变更；请更换镜像或联系客服"
    InvalidNetworkTypeNotFound                          | "InvalidNetworkType.NotFound"                          | NotFound    | Never              | "the network type is unknown; use classic or vpc" | "过滤条件中的网络类型不存在；仅支持 classic 和 vpc"
    InvalidOperationConflict                            | "InvalidOperation.Conflict"                            | State       | Busy               | "another operation on the instance is in progress; wait, then send the request again" | "实例正在执行其他操作；请稍后重新发送请求"
    InvalidOperationEipNotSupport                       | "InvalidOperation.EipNotSupport"                       | State       | Never              | "the elastic IP address of the instance does not allow this change; unbind it first" | "实例绑定的弹性公网 IP 不支持此变更；请先解绑"
    InvalidOperationEniCountExceeded                    | "InvalidOperation.EniCountExceeded"                    | Validation  | Never              | "too many network interfaces for the target type; detach the surplus or choose a larger type" | "弹性网卡数量超过目标规格的上限；请解绑多余的网卡，或选择更大的规格"
    InvalidOperationExceedInstanceTypeQueueNumber       | "InvalidOperation.ExceedInstanceTypeQueueNumber"       | Validation  | Never              | "the interfaces use more queues in total than the target type has; lower their queue numbers" | "各网卡的队列总数超过目标规格的上限；请减少队列数"
    InvalidOperationInstanceRenewWithDowngradeInPlan    | "InvalidOperation.InstanceRenewWithDowngradeInPlan"    | State       | Later              | "a renewal with a downgrade is scheduled; no other change is possible until it takes effect" | "实例存在待生效的续费降配；生效前不支持再次变更"
    InvalidOperationInstanceStatusUnsupported           | "InvalidOperation.InstanceStatusUnsupported"           | State       | Busy               | "the current state of the instance does not allow the operation; wait until it is Running or Stopped" | "实例当前的状态不支持此操作；请等待状态变为 Running 或 Stopped"
    InvalidOperationInstanceWithEipNotSupport           | "InvalidOperation.InstanceWithEipNotSupport"           | State       | Never              | "the instance has an elastic IP address, which does not allow this change; unbind it first" | "实例绑定了弹性公网 IP，不支持此变更；请先解绑"
    InvalidOperationIpv4CountExceeded                   | "InvalidOperation.Ipv4CountExceeded"                   | Validation  | Never              | "too many private IPv4 addresses on one interface for the target type; release the surplus" | "单块网卡的私网 IPv4 地址数量超过目标规格的上限；请释放多余的地址"
    InvalidOperationIpv4NotSupport                      | "InvalidOperation.Ipv4NotSupport"                      | Validation  | Never              | "the target type does not support secondary private IPv4 addresses; release them or choose another type" | "目标规格不支持辅助私网 IPv4 地址；请释放这些地址，或更换规格"
    InvalidOperationIpv6CountExceeded                   | "InvalidOperation.Ipv6CountExceeded"                   | Validation  | Never              | "too many IPv6 addresses on one interface for the target type; release the surplus" | "单块网卡的 IPv6 地址数量超过目标规格的上限；请释放多余的地址"
    InvalidOperationIpv6NotSupport                      | "InvalidOperation.Ipv6NotSupport"                      | Validation  | Never              | "the target type does not support IPv6; release the IPv6 addresses or choose another type" | "目标规格不支持 IPv6；请释放 IPv6 地址，或更换规格"
    InvalidOperationKmsKeyIdNotFound                    | "InvalidOperation.KMSKeyIdNotFound"                    | NotFound    | Never              | "the encryption key of a disk no longer exists; restore it first" | "加密云盘的密钥已不存在；请先恢复密钥"
    InvalidOperationKmsServiceNotOpen                   | "InvalidOperation.KMSServiceNotOpen"                   | Validation  | Never              | "a disk is encrypted, but the key management service is not activated; activate it" | "云盘使用 KMS 加密，但 KMS 未开通；请先开通"
    InvalidOperationMaxEniQueueNumberExceeded           | "InvalidOperation.MaxEniQueueNumberExceeded"           | Validation  | Never              | "one interface has more queues than the target type allows for a single interface; lower its queue number" | "单块网卡的队列数超过目标规格的上限；请减少队列数"
    InvalidOperationMaxModifyOnlineNumberExceeded       | "InvalidOperation.MaxModifyOnlineNumberExceeded"       | Quota       | Never              | "the instance has used up its online changes since the last restart; restart it, then change again" | "实例自上次重启以来的在线变更次数已用完；请重启实例后再变更"
    InvalidOperationOnlineModificationUnsupported       | "InvalidOperation.OnlineModificationUnsupported"       | Validation  | Never              | "this instance cannot change while running because of its CPU topology; use ModifyMode Offline" | "该实例的 CPU 拓扑不支持在线变更；请使用 ModifyMode=Offline"
    InvalidOperationOsTypeNotSupported                  | "InvalidOperation.OSTypeNotSupported"                  | Validation  | Never              | "the operating system does not support this change; change offline or use another image" | "操作系统不支持此变更；请改为离线变更，或更换镜像"
    InvalidOperationRebootingRequired                   | "InvalidOperation.RebootingRequired"                   | State       | Never              | "an earlier change is waiting for a restart; restart the instance through the API, then change again" | "上一次变更尚待重启生效；请先通过 API 重启实例，再进行变更"
    InvalidOperationStarterPackage                      | "InvalidOperation.StarterPackage"                      | Validation  | Never              | "instances bought as a starter package keep their type; buy a regular instance instead" | "StarterPackage 套餐的实例不支持变更规格；请另行购买普通实例"
    InvalidOperationVpcHasEnabledAdvancedNetworkFeature | "InvalidOperation.VpcHasEnabledAdvancedNetworkFeature" | Validation  | Never              | "the VPC uses advanced networking that the target type does not support; choose another type" | "VPC 使用了目标规格不支持的高级网络功能；请选择支持这些功能的规格"
    InvalidOwner                                        | "InvalidOwner"                                         | Validation  | Never              | "either OwnerId or OwnerAccount, not both; send one of them" | "OwnerId 与 OwnerAccount 不能同时指定"
    InvalidOwnerAccount                                 | "InvalidOwnerAccount"                                  | Validation  | Never              | "the value of OwnerAccount is not valid; correct it or leave it out" | "OwnerAccount 的取值不合法；请修改或去掉该参数"
    InvalidOwnerId                                      | "InvalidOwnerId"                                       | Validation  | Never              | "the value of OwnerId is not valid; correct it or leave it out" | "OwnerId 的取值不合法；请修改或去掉该参数"
    InvalidParamCores                                   | "InvalidParam.Cores"                                   | Validation  | Never              | "the Cores parameter is supported for instance types only; leave it out" | "仅查询实例规格时支持指定核数；请去掉 Cores"
    InvalidParamMemory                                  | "InvalidParam.Memory"                                  | Validation  | Never              | "the Memory parameter is supported for instance types only; leave it out" | "仅查询实例规格时支持指定内存；请去掉 Memory"
    InvalidParamTypeAndCpuMemConflict                   | "InvalidParam.TypeAndCpuMem.Conflict"                  | Validation  | Never              | "an instance type and a size were both given; send one of them" | "同时指定了实例规格和资源大小；请只保留其中一种"
    InvalidParamater                                    | "InvalidParamater"                                     | Auth        | Never              | "a signature setting is not valid (the service spells the code this way); V1 uses HMAC-SHA1 and version 1.0" | "签名参数不合法（错误码拼写如此）；V1 要求 HMAC-SHA1 和 1.0"
    InvalidParameter                                    | "InvalidParameter"                                     | Validation  | Never              | "a parameter is not valid; the message names it" | "存在不合法的参数；具体参数请查看 message"
    InvalidParameterAccept                              | "InvalidParameter.Accept"                              | Validation  | Never              | "the gateway does not support the media type in the Accept header; use JSON or XML" | "网关不支持 Accept 头指定的类型；请使用 JSON 或 XML"
    InvalidParameterDiskCategory                        | "InvalidParameter.DiskCategory"                        | Validation  | Never              | "a Disk.N.Category is not valid; use a category that the target type supports" | "Disk.N.Category 不合法；请改用目标规格支持的云盘类型"
    InvalidParameterEncryptedKmsNotEnable               | "InvalidParameter.Encrypted.KmsNotEnable"              | Validation  | Never              | "a disk is encrypted and the key management service is not activated; activate it" | "实例存在加密云盘，但 KMS 未启用；请先启用 KMS"
    InvalidParameterFormat                              | "InvalidParameter.Format"                              | Validation  | Never              | "the Format parameter is not valid; use JSON or XML" | "Format 参数不合法；仅支持 JSON 和 XML"
    InvalidParameterInstanceId                          | "InvalidParameter.InstanceId"                          | Validation  | Never              | "the InstanceId is not valid; the message has the reason" | "InstanceId 不合法；具体原因请查看 message"
    InvalidParameterInvalidEniQueueNumber               | "InvalidParameter.InvalidEniQueueNumber"               | Validation  | Never              | "the target type does not support the queue number of an interface; change it first" | "网卡的队列数不适用于目标规格；请先调整队列数"
    InvalidParameterIsNull                              | "InvalidParameter.IsNull"                              | Validation  | Never              | "a required parameter is empty; set it" | "必填参数为空；请填写该参数"
    InvalidParameterKmsKeyIdCmkNotEnabled               | "InvalidParameter.KMSKeyId.CMKNotEnabled"              | Validation  | Never              | "the encryption key of a disk is disabled; enable it" | "加密云盘的密钥处于禁用状态；请启用密钥"
    InvalidParameterKmsKeyIdCmkUnauthorized             | "InvalidParameter.KMSKeyId.CMKUnauthorized"            | Permission  | Never              | "the service is not allowed to use the encryption key of a disk; tag the key for it" | "ECS 无权使用加密云盘的密钥；请为密钥添加授权标签"
    InvalidParameterKmsKeyIdKmsUnauthorized             | "InvalidParameter.KMSKeyId.KMSUnauthorized"            | Permission  | Never              | "the service is not allowed to use the account's keys; authorize it in the key management service" | "ECS 无权使用该账号的密钥；请在 KMS 中授权"
    InvalidParameterKmsKeyIdNotFound                    | "InvalidParameter.KMSKeyId.NotFound"                   | NotFound    | Never              | "the encryption key of a disk does not exist" | "加密云盘的密钥不存在"
    InvalidParameterOwnerAccount                        | "InvalidParameter.OwnerAccount"                        | Validation  | Never              | "the OwnerAccount is not valid; correct it or leave it out" | "指定的 OwnerAccount 无效；请修改或去掉该参数"
    InvalidParameterResourceOwnerAccount                | "InvalidParameter.ResourceOwnerAccount"                | Validation  | Never              | "the ResourceOwnerAccount is not valid; correct it or leave it out" | "指定的 ResourceOwnerAccount 无效；请修改或去掉该参数"
    InvalidParameterResourceOwnerId                     | "InvalidParameter.ResourceOwnerId"                     | Validation  | Never              | "the ResourceOwnerId is no longer supported; leave it out" | "ResourceOwnerId 已停用；请去掉该参数"
    InvalidPerformanceLevelMalformed                    | "InvalidPerformanceLevel.Malformed"                    | Validation  | Never              | "a Disk.N.PerformanceLevel is not valid; correct it or leave it out" | "Disk.N.PerformanceLevel 不合法；请修改或去掉该参数"
    InvalidProductNotFound                              | "InvalidProduct.NotFound"                              | Validation  | Never              | "the host belongs to no product; check the endpoint" | "域名不属于任何产品；请检查接入点"
    InvalidProtocolNeedSsl                              | "InvalidProtocol.NeedSsl"                              | Validation  | Never              | "the endpoint supports HTTPS only; use an https:// endpoint" | "接入点仅支持 HTTPS；请使用 https:// 地址"
    InvalidRebootTimeMalFormed                          | "InvalidRebootTime.MalFormed"                          | Validation  | Never              | "the RebootTime is malformed; use UTC to the minute, as in 2030-01-31T12:00Z" | "RebootTime 格式有误；应为精确到分钟的 UTC 时间，例如 2030-01-31T12:00Z"
    InvalidRebootTimeValueNotSupported                  | "InvalidRebootTime.ValueNotSupported"                  | Validation  | Never              | "the RebootTime is not allowed, for example in the past; choose another time" | "RebootTime 格式正确，但不支持该时间，例如早于当前时间；请更换时间"
    InvalidRegionIdNotFound                             | "InvalidRegionId.NotFound"                             | NotFound    | Never              | "no such region, or it is not available to this account; check the region id" | "地域不存在或未对该账号开放；请检查地域 ID"
    InvalidResourceGroupNotFound                        | "InvalidResourceGroup.NotFound"                        | NotFound    | Never              | "no such resource group in this account" | "该账号下不存在该资源组"
    InvalidResourceIdNotFound                           | "InvalidResourceId.NotFound"                           | NotFound    | Never              | "no such instance in this region and account; check the id and the region" | "该地域和账号下不存在该实例；请检查实例 ID 和地域"
    InvalidResourceTypeNotFound                         | "InvalidResourceType.NotFound"                         | NotFound    | Never              | "the type of resource does not exist" | "资源类型不存在"
    InvalidResourceTypeNotSupported                     | "InvalidResourceType.NotSupported"                     | Stock       | Never              | "the zone does not sell this combination of resources; choose another type or zone" | "该可用区不提供此资源组合；请更换规格或可用区"
    InvalidSecurityGroupIdNotFound                      | "InvalidSecurityGroupId.NotFound"                      | NotFound    | Never              | "no such security group in this region and account; check the id and the region" | "该地域和账号下不存在该安全组；请检查安全组 ID 和地域"
    InvalidSecurityTokenExpired                         | "InvalidSecurityToken.Expired"                         | Auth        | ExpiredCredentials | "the temporary credentials have expired; fetch new ones and sign again" | "临时凭据已过期；请获取新的凭据后重新签名"
    InvalidSecurityTokenMalformed                       | "InvalidSecurityToken.Malformed"                       | Auth        | KeyRejected        | "the security token is malformed; check that it was copied completely" | "SecurityToken 无法解析；请检查是否复制完整"
    InvalidSecurityTokenMismatchWithAccessKey           | "InvalidSecurityToken.MismatchWithAccessKey"           | Auth        | KeyRejected        | "the security token and the access key do not belong together; use the three values that were issued together" | "SecurityToken 与 AccessKey 不匹配；请使用同一次签发的三个值"
    InvalidSignatureMethod                              | "InvalidSignatureMethod"                               | Auth        | Never              | "the gateway does not support this signature method; V1 uses HMAC-SHA1" | "网关不支持该签名算法；V1 请使用 HMAC-SHA1"
    InvalidSnapshotIdNotFound                           | "InvalidSnapshotId.NotFound"                           | NotFound    | Never              | "no such snapshot in this region and account; check the id and the region" | "该地域和账号下不存在该快照；请检查快照 ID 和地域"
    InvalidStatusNotFound                               | "InvalidStatus.NotFound"                               | NotFound    | Never              | "the instance state is unknown" | "过滤条件中的实例状态不存在"
    InvalidStatusNotStopped                             | "InvalidStatus.NotStopped"                             | State       | Never              | "the instance must be Stopped for this change, as for every downgrade; stop it, then call again" | "此变更要求实例处于 Stopped 状态，所有降配均须如此；请停止实例后再调用"
    InvalidStatusValueNotSupported                      | "InvalidStatus.ValueNotSupported"                      | State       | Busy               | "the current state of the instance does not allow the operation; wait until it is Running or Stopped" | "实例当前的状态不支持此操作；请等待状态变为 Running 或 Stopped"
    InvalidSystemDiskCategoryNotMatchInstanceType       | "InvalidSystemDiskCategory.NotMatchInstanceType"       | Validation  | Never              | "the target type does not support this category of system disk; choose another type or category" | "目标规格不支持从该类型的系统盘启动；请更换规格，或变更系统盘类型"
    InvalidSystemDiskCategoryValueNotSupported          | "InvalidSystemDiskCategory.ValueNotSupported"          | Validation  | Never              | "the category of the system disk is not supported for this change" | "此次变更不支持该系统盘类型"
    InvalidTagMismatch                                  | "InvalidTag.Mismatch"                                  | Validation  | Never              | "a tag has a value without a key; send both under one number" | "指定了标签值但未指定标签键；请使用同一序号同时指定键和值"
    InvalidTagCount                                     | "InvalidTagCount"                                      | Validation  | Never              | "too many tags; at most 20 are allowed" | "标签数量过多；最多支持 20 个"
    InvalidTimeStampExpired                             | "InvalidTimeStamp.Expired"                             | Auth        | StaleClock         | "the local clock is more than 15 minutes off; correct it and sign again" | "本机时钟偏差超过 15 分钟；请校准时钟后重新签名"
    InvalidTimeStampFormat                              | "InvalidTimeStamp.Format"                              | Auth        | Never              | "the Timestamp is not in the form 2030-01-31T12:00:00Z, in UTC" | "Timestamp 格式有误；应为 UTC 时间，例如 2030-01-31T12:00:00Z"
    InvalidUserPassRoleForbidden                        | "InvalidUser.PassRoleForbidden"                        | Permission  | Never              | "the caller is not allowed to pass the RAM role of the instance; grant ram:PassRole" | "调用者无权传递实例的 RAM 角色；请授予 ram:PassRole 权限"
    InvalidVersion                                      | "InvalidVersion"                                       | Validation  | Never              | "the API version is not valid; ECS uses 2014-05-26" | "API 版本不正确；ECS 的版本为 2014-05-26"
    InvalidNamedParameter                               | "Invalid{ParameterName}"                               | Validation  | Never              | "the parameter in the code is not valid; correct it" | "错误码所指参数的取值不合法；请修改该参数"
    LackResource                                        | "LackResource"                                         | Stock       | Later              | "the capacity reservation is used up; enlarge it or start without it" | "容量预留的剩余容量不足；请扩容，或不使用该容量预留启动实例"
    LastOrderProcessing                                 | "LastOrderProcessing"                                  | Billing     | AfterAmbiguous     | "an earlier order for this instance is in progress, possibly this one; wait and check before ordering again" | "该实例的上一笔订单仍在处理，也可能正是本次的订单；请等待并查询后，再决定是否下单"
    LastRequestProcessing                               | "LastRequestProcessing"                                | State       | InProgress         | "an earlier request for this instance is still running; wait, then send the same one again" | "该实例的上一个请求仍在执行；请稍后重新发送相同的请求"
    LastTokenProcessing                                 | "LastTokenProcessing"                                  | Idempotency | InProgress         | "the request first sent with this client token has not finished; send the same one again shortly" | "首个使用此 ClientToken 的请求尚未完成；请稍后重新发送相同的请求"
    LimitedOperationServiceUnavailable                  | "LimitedOperation.ServiceUnavailable"                  | Server      | Transient          | "the service is temporarily unavailable; retry shortly" | "服务暂时无法执行该操作；请稍后重试"
    MissingParameter                                    | "MissingParameter"                                     | Validation  | Never              | "a required parameter is missing; the message names it" | "缺少必填参数；具体参数请查看 message"
    MissingParameterDiskCategory                        | "MissingParameter.DiskCategory"                        | Validation  | Never              | "a Disk.N.DiskId requires its Disk.N.Category; send both" | "仅指定了 Disk.N.DiskId；请同时指定 Disk.N.Category"
    MissingParameterInstanceIdNotSupported              | "MissingParameter.InstanceIdNotSupported"              | Validation  | Never              | "the InstanceId is missing; send it" | "请求未指定实例；请设置 InstanceId"
    MissingParameterInstanceTypeOrDataDisk              | "MissingParameter.InstanceTypeOrDataDisk"              | Validation  | Never              | "nothing to quote; send an instance type or a data disk" | "没有可询价的内容；请指定实例规格或数据盘"
    MissingParameterRegionId                            | "MissingParameter.RegionId"                            | Validation  | Never              | "the RegionId is missing; send it" | "请求未指定地域；请设置 RegionId"
    MissingSecurityToken                                | "MissingSecurityToken"                                 | Auth        | Never              | "a temporary access key requires its security token; send both" | "临时 AccessKey 未携带 SecurityToken；请同时发送两者"
    MissingNamedParameter                               | "Missing{ParameterName}"                               | Validation  | Never              | "the parameter in the code is required and missing; send it" | "缺少错误码所指的必填参数；请补充该参数"
    NoPermission                                        | "NoPermission"                                         | Permission  | Never              | "the caller has no permission; allow the action in a RAM policy" | "调用者没有权限；请在 RAM 策略中授予此项操作权限"
    NoPermissionPrice                                   | "NoPermission.Price"                                   | Permission  | Never              | "the RAM caller may not see prices, which AutoPay=false requires; grant the permission or set AutoPay to true" | "RAM 身份没有查询价格的权限，而 AutoPay=false 需要该权限；请申请授权，或将 AutoPay 设为 true"
    NoPermissionRefund                                  | "NoPermission.Refund"                                  | Permission  | Never              | "the RAM caller has no refund permission, which a downgrade requires; let the main account grant it" | "RAM 身份没有退款权限，而降配会产生退款；请联系主账号授权"
    NoSuchVersion                                       | "NoSuchVersion"                                        | Validation  | Never              | "the endpoint has no such API version; ECS is 2014-05-26" | "接入点没有该 API 版本；ECS 的版本为 2014-05-26"
    OperationConflict                                   | "OperationConflict"                                    | State       | Busy               | "another operation is using the resource; wait until it ends" | "资源正被另一个操作占用；请等待该操作结束"
    OperationDenied                                     | "OperationDenied"                                      | Permission  | Never              | "the service refuses the operation; the message has the reason" | "服务拒绝了该操作；具体原因请查看 message"
    OperationDeniedHostRepairing                        | "OperationDenied.HostRepairing"                        | State       | Busy               | "the host of the instance is being repaired; wait until the repair ends" | "实例所在的物理机正在维修；请等待维修结束"
    OperationDeniedImageNotValid                        | "OperationDenied.ImageNotValid"                        | Permission  | Never              | "the account may not use the image of the instance; have it shared, subscribe to it, or replace it" | "账号无权使用实例的镜像；请获取镜像共享或订购该镜像，或更换镜像"
    OperationDeniedLocalDiskUnsupported                 | "OperationDenied.LocalDiskUnsupported"                 | Validation  | Never              | "the instance has local disks, so its type is fixed; move the data to a new instance" | "实例带有本地盘，不支持变更规格；请将数据迁移到新实例"
    OperationDeniedNoStock                              | "OperationDenied.NoStock"                              | Stock       | Later              | "the target type is sold out in this zone; choose another type or retry much later" | "目标规格在该可用区已售罄；请更换规格，或间隔较长时间后重试"
    OperationDeniedPerformanceLevelNotMatch             | "OperationDenied.PerformanceLevelNotMatch"             | Validation  | Never              | "a disk is too small for its performance level; use a larger size or a lower level" | "云盘容量不满足其性能等级的要求；请扩大容量，或降低性能等级"
    OperationDeniedSpotPriceLowerThanPublicPrice        | "OperationDenied.SpotPriceLowerThanPublicPrice"        | Billing     | Never              | "the market price is above the maximum price of the spot instance; raise it or wait" | "市场价格高于抢占式实例的出价上限；请提高出价上限，或等待价格回落"
    OperationDeniedSystemInstanceNotSupport             | "OperationDenied.SystemInstanceNotSupport"             | Validation  | Never              | "the instance belongs to another service and is operated by it" | "实例属于其他云服务，由该服务管理"
    OperationDeniedUnpaidOrder                          | "OperationDenied.UnpaidOrder"                          | Billing     | Never              | "the instance has an unpaid order; pay or cancel it, then call again" | "实例存在未支付的订单；请支付或作废订单后再调用"
    OrderCreationFailed                                 | "OrderCreationFailed"                                  | Billing     | Later              | "billing could not create the order; check the parameters, then decide whether to order again" | "计费系统创建订单失败；请检查参数，稍后再决定是否重新下单"
    PriceNotFound                                       | "PriceNotFound"                                        | Billing     | Never              | "there is no price for this target at present; choose another type" | "目标规格当前没有价格；请更换规格"
    QuotaExceedDiskCapacity                             | "QuotaExceed.DiskCapacity"                             | Quota       | Never              | "the zone has no capacity quota left for this disk category; raise the quota or use another category" | "该可用区此类云盘的容量配额已用完；请提高配额，或更换云盘类型"
    QuotaExceedElasticQuota                             | "QuotaExceed.ElasticQuota"                             | Quota       | Never              | "the account's quota does not cover the target type; raise it or choose another type" | "账号的配额不足以使用目标规格；请提高配额，或更换规格"
    QuotaExceedRufundVcpu                               | "QuotaExceed.RufundVcpu"                               | Quota       | Never              | "the vCPUs that may be refunded by downgrades are used up (the service spells the code this way); wait for the reset" | "降配可退的 vCPU 额度已用完（错误码拼写如此）；请等待额度重置"
    RealNameAuthenticationError                         | "RealNameAuthenticationError"                          | Permission  | Never              | "the account has not completed real-name verification; complete it in the console" | "账号未完成实名认证；请在控制台完成认证"
    RegionUnauthorized                                  | "RegionUnauthorized"                                   | Permission  | Never              | "the account may not use this region" | "账号无权使用该地域"
    RejectedThrottling                                  | "Rejected.Throttling"                                  | Throttling  | Throttling         | "too many requests; slow down and send the same request again" | "请求过于频繁；请降低频率，再重新发送相同的请求"
    RequestLimitExceeded                                | "Request.LimitExceeded"                                | Throttling  | Throttling         | "too many requests; slow down and send the same request again" | "请求过于频繁；请降低频率，再重新发送相同的请求"
    SecurityRisk3dVerification                          | "SecurityRisk.3DVerification"                          | Billing     | Never              | "the payment card must be verified; follow the link that was sent by mail, then send the request again" | "支付卡存在安全风险，需要验证；请按邮件中的链接完成验证，再重新发送请求"
    ServiceUnavailable                                  | "ServiceUnavailable"                                   | Server      | Transient          | "the service is down for the moment; retry shortly" | "服务暂时不可用；请稍后重试"
    ServiceUnavailableRegionMaintaining                 | "ServiceUnavailable.RegionMaintaining"                 | Server      | Busy               | "the region is under maintenance; retry in a few minutes" | "整个地域正在维护；请数分钟后重试"
    SignatureDoesNotMatch                               | "SignatureDoesNotMatch"                                | Auth        | Never              | "the service computed another signature; most often the access key secret is wrong" | "服务端计算的签名与请求中的签名不一致；通常是 AccessKey Secret 不正确"
    SignatureNonceUsed                                  | "SignatureNonceUsed"                                   | Auth        | NonceUsed          | "the nonce was used before, for instance by a duplicated request; sign again with a new nonce" | "nonce 已被使用，例如请求在传输中被重复投递；请使用新的 nonce 重新签名"
    Throttling                                          | "Throttling"                                           | Throttling  | Throttling         | "too many requests; wait for the next minute and send the same request again" | "请求过于频繁；请等到下一分钟，再重新发送相同的请求"
    ThrottlingApi                                       | "Throttling.Api"                                       | Throttling  | Throttling         | "this operation is called too often; slow down and send the same request again" | "该操作的调用过于频繁；请降低频率，再重新发送相同的请求"
    ThrottlingUser                                      | "Throttling.User"                                      | Throttling  | Throttling         | "the account as a whole, including all its users, calls too often; slow down and send the same request again" | "整个账号（所有用户合计）的调用过于频繁；请降低频率，再重新发送相同的请求"
    UnauthorizedEmptyRegion                             | "Unauthorized.EmptyRegion"                             | Permission  | Never              | "the account may not use any region; ask support for access" | "账号没有可用的地域；请联系客服开通"
    UnavailableRegions                                  | "Unavailable.Regions"                                  | Validation  | Never              | "no region is available for this request" | "此请求没有可用的地域"
    UnknownError                                        | "UnknownError"                                         | Server      | Transient          | "the service failed without a reason, possibly with status 400; send the same request again" | "服务端失败且未说明原因，状态码也可能是 400；请重新发送相同的请求"
    UnsupportedHttpMethod                               | "UnsupportedHTTPMethod"                                | Validation  | Never              | "the endpoint does not support this HTTP method; use POST" | "接入点不支持该 HTTP 方法；请使用 POST"
    UnsupportedOperation                                | "UnsupportedOperation"                                 | Validation  | Never              | "the endpoint does not support this operation; check Action, Version and the endpoint" | "接入点不支持该操作；请检查 Action、Version 和接入点"
    UnsupportedParameter                                | "UnsupportedParameter"                                 | Validation  | Never              | "the operation does not support one of the parameters; leave it out" | "操作不支持其中一个参数；请去掉该参数"
}

macro_rules! forms {
    ($($form:literal | $category:ident | $retry:ident | $description:literal | $description_zh:literal)*) => {
        /// The facts of codes without a row, by form. The first matching form applies.
        static FORMS: &[(&str, Facts)] = &[$(($form, Facts {
            category: ErrorCategory::$category,
            retry: RetryClass::$retry,
            description: $description,
            description_zh: $description_zh,
        })),*];

        /// The text of a code that has no variant. Read it with [`ErrorCode::as_str`].
        ///
        /// The first matching form determines the category and whether a call retries. A code that matches none has the
        /// category [`ErrorCategory::Unknown`] and is not retried.
        ///
        /// | form, description, 含义 | category | retried |
        /// |---|---|---|
        $(#[doc = page_row!(concat!("`", $form, "`"), $category $retry $description $description_zh)])*
        #[derive(Debug, Clone)]
        pub struct UnknownCode(String);
    };
}

//  form | category | retry class | meaning | the same in Chinese
forms! {
    "IncorrectInstanceStatus.*" | State | Busy      | "the current state of the instance does not allow the operation; wait until it is Running or Stopped" | "实例当前的状态不支持此操作；请等待状态变为 Running 或 Stopped"
    "Throttling.*"         | Throttling | Throttling | "too many requests of one kind; slow down and send the same request again" | "某类请求过于频繁；请降低频率，再重新发送相同的请求"
    "*.Throttling"         | Throttling | Throttling | "too many requests of one kind; slow down and send the same request again" | "某类请求过于频繁；请降低频率，再重新发送相同的请求"
    "ServiceUnavailable.*" | Server     | Transient  | "part of the service is temporarily unavailable; retry shortly" | "部分服务暂时不可用；请稍后重试"
    "Forbidden.*"          | Permission | Never      | "the caller is not allowed to do this; the message names the missing permission" | "调用者无权执行该操作；所缺权限请查看 message"
    "NoPermission*"        | Permission | Never      | "the caller has no permission; the message names the one to grant" | "调用者缺少权限；需要授予的权限请查看 message"
    "QuotaExceed*"         | Quota      | Never      | "a quota is used up; the message names the one to raise" | "配额已用完；需要提高的配额请查看 message"
    "*.NotFound"           | NotFound   | Never      | "something in the request does not exist in this region and account; check ids and region" | "请求所指的某个对象在该地域和账号下不存在；请检查 ID 和地域"
    "Missing*"             | Validation | Never      | "a required parameter is missing; the message names it" | "请求缺少必要的内容；需要补充的内容请查看 message"
    "Invalid*"             | Validation | Never      | "a value or a combination is not valid; the message names what to correct" | "存在不合法的取值或组合；需要修改的内容请查看 message"
}

/// Two codes are equal without regard to ASCII case, as known codes are.
impl PartialEq for UnknownCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for UnknownCode {}

impl Hash for UnknownCode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
        state.write_u8(0xff);
    }
}

/// The known codes by their text in lower case, so that a lookup takes constant time.
static BY_TEXT: LazyLock<HashMap<String, ErrorCode>> = LazyLock::new(|| {
    let entry = |code: &ErrorCode| (code.as_str().to_ascii_lowercase(), code.clone());
    KNOWN.iter().map(entry).collect()
});

/// The facts of a code that has neither a row nor a known form.
static UNDOCUMENTED: Facts = Facts {
    category: ErrorCategory::Unknown,
    retry: RetryClass::Never,
    description: "this code is not documented; see the message",
    description_zh: "文档未列出该错误码；请以 message 为准",
};

/// The facts of a row.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(super) category: ErrorCategory,
    pub(super) retry: RetryClass,
    pub(super) description: &'static str,
    description_zh: &'static str,
}

impl ErrorCode {
    /// The category: what kind of problem it is, and who can fix it.
    #[must_use]
    pub fn category(&self) -> ErrorCategory {
        self.facts().category
    }

    /// One line for users: what the code means and what to do. The wording may change.
    #[must_use]
    pub fn description(&self) -> &'static str {
        self.facts().description
    }

    /// [`description`](Self::description) in Chinese.
    ///
    /// ```
    /// use aliyun_ecs::ErrorCode;
    ///
    /// let code = ErrorCode::OperationDeniedNoStock;
    /// assert_eq!(code.description_zh(), "目标规格在该可用区已售罄；请更换规格，或间隔较长时间后重试");
    /// ```
    #[must_use]
    pub fn description_zh(&self) -> &'static str {
        self.facts().description_zh
    }

    /// Whether, and when, a call that receives this code retries.
    pub(crate) fn retry_class(&self) -> RetryClass {
        self.facts().retry
    }

    /// Whether the code means that the client token was used before, so that an order with it may exist.
    pub(crate) fn token_reused(&self) -> bool {
        self.retry_class() == RetryClass::TokenReused
    }

    /// Whether a resize may wait and send the same request again.
    pub(crate) fn resize_may_wait(&self) -> bool {
        self.retry_class().resize_may_wait()
    }

    /// Every known code, sorted by its text without regard to case.
    pub fn all() -> impl Iterator<Item = ErrorCode> {
        KNOWN.iter().cloned()
    }

    pub(super) fn facts(&self) -> &'static Facts {
        match self {
            Self::Unknown(UnknownCode(text)) => FORMS
                .iter()
                .find(|(form, _)| has_form(text, form))
                .map_or(&UNDOCUMENTED, |(_, facts)| facts),
            known => known.documented(),
        }
    }

    fn known(text: &str) -> Option<Self> {
        BY_TEXT.get(&text.to_ascii_lowercase()).cloned()
    }
}

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

#[cfg(feature = "serde")]
impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
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
        f.pad(&one_line(self.as_str()))
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

/// The category of an [`ErrorCode`]: what kind of problem it is, and who can fix it.
///
/// ```
/// use aliyun_ecs::{ErrorCategory, ErrorCode};
///
/// let code = ErrorCode::InvalidInstanceUnpaidOrder;
/// assert_eq!(code.category(), ErrorCategory::Billing);
/// assert_eq!(code.category().as_str(), "billing"); // for logs and metrics
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum ErrorCategory {
    /// `auth`: the credentials or the signature were rejected.
    /// Check the access key, the security token and the clock.
    Auth,
    /// `billing`: the account, an open order or the subscription does not allow it.
    /// Settle that first, then decide whether to retry.
    Billing,
    /// `idempotency`: the client token is in use, was used with other parameters, or is malformed.
    /// Never change a request under its token. Use a new token for a new order.
    Idempotency,
    /// `network`: no readable response arrived, because the connection, a proxy or a gateway failed.
    /// Check the network and the endpoint; see [`Outcome`](crate::Outcome) for whether the request took effect.
    Network,
    /// `not_found`: something in the request does not exist, or this caller is not allowed to see it.
    /// Check the id, the region and the credentials in use.
    NotFound,
    /// `permission`: the caller is not allowed to do this.
    /// Grant the permission. Retrying does not help.
    Permission,
    /// `quota`: an allowance of the account, the zone or the instance is used up.
    /// Raise the quota, wait for its reset or request less.
    Quota,
    /// `server`: the service failed on its side.
    /// Send the same request with the same client token. Report the request id if it persists.
    Server,
    /// `state`: the resource is not in a state that allows the operation.
    /// Check its state, change it or wait, then decide whether to retry.
    State,
    /// `stock`: the requested type is sold out or not on sale.
    /// Choose another type or zone, or retry much later.
    Stock,
    /// `throttling`: too many requests.
    /// Slow down. Rate limits are per minute and shared by all users of an account.
    Throttling,
    /// `validation`: a parameter is wrong, or does not fit this instance.
    /// Correct the request. The service rejects the same one again.
    Validation,
    /// `unknown`: neither the code nor its form is documented.
    /// See the message.
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
            Self::Network => "network",
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

    /// The HTTP status that a service of your own can return when a call fails this way.
    ///
    /// | category | status |
    /// |---|---|
    /// | `validation` | 400 |
    /// | `billing` | 402 |
    /// | `not_found` | 404 |
    /// | `idempotency`, `quota`, `state`, `stock` | 409 |
    /// | `auth`, `permission` | 500: the credentials are those of your service, not those of its user |
    /// | `network`, `server`, `unknown` | 502; 504 if [`Error::is_timeout`](crate::Error::is_timeout) |
    /// | `throttling` | 503, with `Retry-After` from [`Error::retry_after`](crate::Error::retry_after) |
    ///
    /// ```
    /// use aliyun_ecs::ErrorCategory;
    ///
    /// assert_eq!(ErrorCategory::Stock.suggested_http_status(), 409);
    /// ```
    #[must_use]
    pub const fn suggested_http_status(self) -> u16 {
        match self {
            Self::Validation => 400,
            Self::Billing => 402,
            Self::NotFound => 404,
            Self::Idempotency | Self::Quota | Self::State | Self::Stock => 409,
            Self::Auth | Self::Permission => 500,
            Self::Network | Self::Server | Self::Unknown => 502,
            Self::Throttling => 503,
        }
    }
}

impl fmt::Display for ErrorCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&one_line(self.as_str()))
    }
}

/// How a call, and a resize, react to an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryClass {
    /// Not retried: the service rejects the same request again.
    Never,
    /// Not retried: the same request may succeed once something else has changed, which the caller has to see to.
    Later,
    /// Not retried by the call: the resource is busy. A resize waits for it.
    Busy,
    /// Not retried as it is: the access key or its security token is not accepted. Retried once if the provider
    /// returns other credentials.
    KeyRejected,
    /// Not retried: the client token was used before with other parameters.
    TokenReused,
    /// Not retried by the call, which has no time left for it: the same request may succeed in another call.
    AnotherCall,
    /// Retried with backoff: the service failed for the moment.
    Transient,
    /// Retried with a longer backoff: a rate limit was exceeded.
    Throttling,
    /// Retried with a longer backoff: an earlier request of the same intent is still running.
    InProgress,
    /// Retried only if an earlier attempt of this call may have been applied: the order may be its own.
    AfterAmbiguous,
    /// Retried once with the service's time.
    StaleClock,
    /// Retried once with a new nonce.
    NonceUsed,
    /// Retried once with new credentials.
    ExpiredCredentials,
}

/// What has to change so that the next attempt can be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Correction {
    /// The signing time.
    Clock,
    /// The nonce. Every attempt has its own.
    Nonce,
    /// The credentials: the current ones have expired.
    Credentials,
    /// The credentials, if the provider has new ones.
    RotatedKeys,
}

impl RetryClass {
    /// What a retry has to correct.
    pub(crate) const fn correction(self) -> Option<Correction> {
        match self {
            Self::StaleClock => Some(Correction::Clock),
            Self::NonceUsed => Some(Correction::Nonce),
            Self::ExpiredCredentials => Some(Correction::Credentials),
            Self::KeyRejected => Some(Correction::RotatedKeys),
            Self::Never | Self::Later | Self::Busy | Self::TokenReused | Self::AnotherCall => None,
            Self::Transient | Self::Throttling | Self::InProgress | Self::AfterAmbiguous => None,
        }
    }

    /// Whether the same request may succeed at any time, with nothing else changed.
    pub(crate) const fn is_retryable(self) -> bool {
        match self {
            Self::Never | Self::Later | Self::Busy | Self::KeyRejected | Self::TokenReused => false,
            Self::AnotherCall | Self::Transient | Self::Throttling => true,
            Self::InProgress | Self::AfterAmbiguous => true,
            Self::StaleClock | Self::NonceUsed | Self::ExpiredCredentials => true,
        }
    }

    /// Whether a resize may wait and send the same request again.
    pub(crate) const fn resize_may_wait(self) -> bool {
        matches!(self, Self::Busy) || self.is_retryable()
    }
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

    /// Codes that clients, SDKs and newer documents know, beyond the tables of the documented operations.
    fn observed_rows() -> Vec<Row> {
        rows(include_str!("../../tests/data/observed_errors.csv"))
    }

    fn all_rows() -> impl Iterator<Item = Row> {
        let companions = rows(include_str!("../../tests/data/companion_errors.csv"));
        let files = [
            modify_prepay_rows(),
            common_rows(),
            companions,
            observed_rows(),
        ];
        files.into_iter().flatten()
    }

    fn rows(csv: &str) -> Vec<Row> {
        let mut records = records(csv).into_iter();
        let header = records.next().expect("a header");
        let row = |record: Vec<String>| {
            assert_eq!(record.len(), header.len(), "{record:?}");
            let mut fields: HashMap<_, _> = header.iter().map(String::as_str).zip(record).collect();
            Row {
                http_status: fields["http_status"].parse().expect("a status"),
                code: fields.remove("code").expect("a code"),
                message: fields.remove("message").expect("a message"),
                in_seed: fields.remove("in_seed").is_some_and(|it| it == "yes"),
                category: fields.remove("category").expect("a category"),
                retryable: fields.remove("retryable").expect("advice"),
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
    fn rows_are_sorted_and_unique() {
        for pair in KNOWN.windows(2) {
            let [a, b] = [&pair[0], &pair[1]].map(|code| code.as_str().to_ascii_lowercase());
            assert!(a < b, "{a} before {b}");
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
        assert_eq!(ErrorCode::all().count(), 219);
    }

    /// Codes with rows of two categories: one code has one category.
    const OF_TWO_CATEGORIES: [(ErrorCode, ErrorCategory); 6] = [
        // with status 500, the service classifies it as its own failure
        (ErrorCode::InstanceNotReady, ErrorCategory::State),
        // the disk does not exist, regardless of the parameter in the message
        (
            ErrorCode::InvalidInstanceNotFoundSystemDisk,
            ErrorCategory::State,
        ),
        // one operation returns it for a type, the others for the account
        (ErrorCode::OperationDenied, ErrorCategory::Permission),
        // here the resource is unsuitable; elsewhere the name of the operation is wrong
        (ErrorCode::InvalidAction, ErrorCategory::State),
        // one row of four is an expired token, which only the message shows
        (ErrorCode::InvalidParameter, ErrorCategory::Validation),
        // half of its rows concern a signing parameter, which this crate always sends
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
                // an expired token under another code: the code alone is no reason to retry
                _ if code == ErrorCode::InvalidParameter => &[Never],
                // "no" for the price query, "later" for the order
                _ if code == ErrorCode::InvalidActionWithActiveElasticUpgrade => &[Later],
                "no" => &[Never, KeyRejected, TokenReused],
                "later" => &[Later, Busy, AfterAmbiguous, InProgress],
                "yes" => &[Transient, Throttling, InProgress],
                "yes_resign" => &[StaleClock, NonceUsed],
                "yes_refresh_credentials" => &[ExpiredCredentials],
                other => panic!("{code}: {other}"),
            };
            assert!(fitting.contains(&code.retry_class()), "{code}");
        }
    }

    #[test]
    fn only_the_named_codes_are_retried() {
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
            [
                "Rejected.Throttling",
                "Request.LimitExceeded",
                "Throttling",
                "Throttling.Api",
                "Throttling.User"
            ]
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
    fn a_resize_waits_for_busy_resources_and_for_what_a_call_retries() {
        let only_by_a_resize: Vec<_> = ErrorCode::all()
            .filter(|code| code.resize_may_wait() && !code.retry_class().is_retryable())
            .map(|code| code.to_string())
            .collect();
        assert_eq!(
            only_by_a_resize,
            [
                "IncorrectInstanceStatus",
                "IncorrectInstanceStatus.Initializing",
                "InstanceNotReady",
                "InvalidInstanceStatus",
                "InvalidOperation.Conflict",
                "InvalidOperation.InstanceStatusUnsupported",
                "InvalidStatus.ValueNotSupported",
                "OperationConflict",
                "OperationDenied.HostRepairing",
                "ServiceUnavailable.RegionMaintaining",
            ]
        );
        for code in ErrorCode::all().filter(|code| code.retry_class().is_retryable()) {
            assert!(code.resize_may_wait(), "{code}");
        }
        assert!(!ErrorCode::OperationDeniedNoStock.resize_may_wait());
    }

    #[test]
    fn corrections_and_reused_tokens_belong_to_the_named_codes() {
        let corrections = |wanted| -> Vec<String> {
            ErrorCode::all()
                .filter(|code| code.retry_class().correction() == Some(wanted))
                .map(|code| code.to_string())
                .collect()
        };
        assert_eq!(
            corrections(Correction::Clock),
            ["IllegalTimestamp", "InvalidTimeStamp.Expired"]
        );
        assert_eq!(corrections(Correction::Nonce), ["SignatureNonceUsed"]);
        assert_eq!(
            corrections(Correction::Credentials),
            ["InvalidSecurityToken.Expired"]
        );
        assert_eq!(
            corrections(Correction::RotatedKeys),
            [
                "InvalidAccessKeyId.Inactive",
                "InvalidAccessKeyId.NotFound",
                "InvalidSecurityToken.Malformed",
                "InvalidSecurityToken.MismatchWithAccessKey",
            ]
        );
        let reused: Vec<_> = ErrorCode::all().filter(ErrorCode::token_reused).collect();
        assert_eq!(
            reused,
            [
                ErrorCode::IdempotenceParamNotMatch,
                ErrorCode::IdempotentParameterMismatch,
                ErrorCode::InvalidIdempotenceParameterMismatch,
            ]
        );
    }

    #[test]
    fn unknown_codes_are_equal_and_hash_alike_in_any_case() {
        use std::collections::HashSet;

        let codes = ["Some.NewCode", "some.newcode", "SOME.NEWCODE", "Some.Other"];
        let set: HashSet<ErrorCode> = codes.into_iter().map(ErrorCode::from).collect();
        assert_eq!(set.len(), 2);
        assert_eq!(ErrorCode::from("A.b"), ErrorCode::from("a.B"));
        assert_ne!(ErrorCode::from("A.b"), ErrorCode::from("A.c"));
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
            ("Ecs.Throttling", Is::Throttling, Retry::Throttling),
            ("IncorrectInstanceStatus.Odd", Is::State, Retry::Busy),
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
    fn descriptions_are_one_plain_line_in_both_languages() {
        let of_codes = KNOWN.iter().map(ErrorCode::documented);
        let of_forms = FORMS.iter().map(|(_, facts)| facts);
        for facts in of_codes.chain(of_forms).chain([&UNDOCUMENTED]) {
            assert_plain_line(facts.description);
            assert_plain_chinese_line(facts.description_zh);
        }
    }

    fn assert_plain_chinese_line(description: &str) {
        let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        let chinese = description.chars().filter(|c| is_chinese(*c)).count();
        assert!(chinese >= 4, "{description}");
        assert!(
            !description.contains(|c: char| c.is_control() || matches!(c, '|' | ';' | '(' | '。')),
            "a table's bar, or punctuation that is not of the language: {description}"
        );
        assert!(description.chars().count() <= 80, "{description}");
    }

    #[test]
    fn the_page_of_all_codes_has_a_row_for_every_code() {
        assert_eq!(PAGE.len(), KNOWN.len());
        for (row, code) in PAGE.iter().zip(KNOWN) {
            let (category, description, zh) =
                (code.category(), code.description(), code.description_zh());
            let expected = format!(
                "| <span id=\"{code:?}\"></span>[`{code}`](ErrorCode::{code:?})<br>{description}<br>{zh} \
                 | [`{category:?}`](ErrorCategory::{category:?}) | "
            );
            let retried = row.strip_prefix(&expected).expect(row);
            let never = matches!(
                code.retry_class(),
                RetryClass::Never | RetryClass::TokenReused
            );
            assert_eq!(retried == "no |", never, "{row}");
        }
    }

    #[test]
    fn the_index_lists_every_code_under_its_category() {
        assert_eq!(INDEX.matches("](#").count(), KNOWN.len());
        for code in KNOWN {
            let start = format!("| [`{:?}`]", code.category());
            let row = INDEX.lines().find(|row| row.starts_with(&start));
            let link = format!("[`{code}`](#{code:?}) ");
            assert!(row.is_some_and(|row| row.contains(&link)), "{code}");
        }
    }

    pub(in super::super) fn assert_plain_line(description: &str) {
        assert!(
            description.starts_with(|first: char| first.is_ascii_lowercase()),
            "{description}"
        );
        assert!(
            !description.contains(|char: char| char.is_control()),
            "{description}"
        );
        assert!(
            description.len() <= 160 && !description.ends_with('.'),
            "{description}"
        );
    }
}
