//! Errors that the service returned.

use std::borrow::Cow;

use super::code::Facts;
use super::documented::{self, DocumentedError};
use super::{ErrorCategory, ErrorCode, OneLine, Origin, Outcome, RetryClass};

/// An error that the service returned.
///
/// Calls return it in [`ErrorKind::Service`](super::ErrorKind::Service). [`new`](Self::new) and the `with_…` methods
/// build one for your own tests:
///
/// ```
/// use aliyun_ecs::error::{Error, ServiceError};
/// use aliyun_ecs::{ErrorCode, Outcome};
///
/// let error = Error::from(
///     ServiceError::new(400, "Account.Arrearage", "Your account has an outstanding payment.")
///         .with_request_id("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E"),
/// );
/// assert_eq!(error.code(), Some(&ErrorCode::AccountArrearage));
/// assert_eq!(error.outcome(), Outcome::NotApplied);
/// assert_eq!(
///     error.to_string(),
///     "Account.Arrearage: Your account has an outstanding payment. \
///      (HTTP 400, request id 473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E)"
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[error(
    "{}: {}{}",
    OneLine(code.as_str()),
    OneLine(message),
    Origin(Some(*http_status), request_id.as_deref())
)]
pub struct ServiceError {
    action: Option<Cow<'static, str>>,
    code: ErrorCode,
    /// The facts about the code that was received.
    #[cfg_attr(feature = "serde", serde(skip))]
    facts: &'static Facts,
    message: String,
    http_status: u16,
    request_id: Option<String>,
    host_id: Option<String>,
    recommend: Option<String>,
    access_denied_detail: Option<AccessDeniedDetail>,
    /// It is not proven to come from the service.
    #[cfg_attr(feature = "serde", serde(skip))]
    is_foreign: bool,
    /// Its code is unknown, and its headers ask to wait.
    #[cfg_attr(feature = "serde", serde(skip))]
    asks_to_wait: bool,
}

impl ServiceError {
    /// An error response with this HTTP status, code and message, without an operation.
    pub fn new(http_status: u16, code: impl Into<ErrorCode>, message: impl Into<String>) -> Self {
        let code = code.into();
        Self {
            action: None,
            facts: code.facts(),
            code,
            message: message.into(),
            http_status,
            request_id: None,
            host_id: None,
            recommend: None,
            access_denied_detail: None,
            is_foreign: false,
            asks_to_wait: false,
        }
    }

    /// Sets the operation that returned the error, for instance `ModifyPrepayInstanceSpec`.
    #[must_use]
    pub fn with_action(mut self, action: impl Into<Cow<'static, str>>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Sets the request id (`RequestId`).
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Sets the host that returned the error (`HostId`).
    #[must_use]
    pub fn with_host_id(mut self, host_id: impl Into<String>) -> Self {
        self.host_id = Some(host_id.into());
        self
    }

    /// Sets the service's link to its diagnosis (`Recommend`).
    #[must_use]
    pub fn with_recommend(mut self, recommend: impl Into<String>) -> Self {
        self.recommend = Some(recommend.into());
        self
    }

    /// Sets which policy denied the call (`AccessDeniedDetail`).
    #[must_use]
    pub fn with_access_denied_detail(mut self, detail: AccessDeniedDetail) -> Self {
        self.access_denied_detail = Some(detail);
        self
    }

    /// The operation that returned the error, if it is known. Errors of calls always have it.
    pub fn action(&self) -> Option<&str> {
        self.action.as_deref()
    }

    /// The error code (`Code`).
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// The service's message (`Message`). Secrets and the service's copy of the string to sign are redacted.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The HTTP status. The service has used different ones for the same code over the years: match on the code.
    pub fn http_status(&self) -> u16 {
        self.http_status
    }

    /// The request id (`RequestId`, otherwise the header `x-acs-request-id`), which Alibaba Cloud support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The host that returned the error (`HostId`).
    pub fn host_id(&self) -> Option<&str> {
        self.host_id.as_deref()
    }

    /// The service's link to its diagnosis (`Recommend`).
    pub fn recommend(&self) -> Option<&str> {
        self.recommend.as_deref()
    }

    /// Which policy denied the call (`AccessDeniedDetail`), with newer permission errors.
    pub fn access_denied_detail(&self) -> Option<&AccessDeniedDetail> {
        self.access_denied_detail.as_ref()
    }

    /// The row of the API's documentation that describes this error. It distinguishes errors that share a code, for
    /// instance the four cases of `QuotaExceed.ElasticQuota`.
    ///
    /// The row is found by operation, code and message. The status only chooses between rows that remain. Without an
    /// [operation](Self::action), only the rows that all operations share are searched. `None` if the documentation
    /// does not list the code or the message.
    ///
    /// ```
    /// use aliyun_ecs::error::ServiceError;
    ///
    /// let error = ServiceError::new(400, "IdempotenceParamNotMatch", "AutoPay differs.")
    ///     .with_action("ModifyPrepayInstanceSpec");
    /// let row = error.documented().ok_or("not documented")?;
    /// assert_eq!(row.message, None); // the service writes this message itself
    /// println!("{}", row.description);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn documented(&self) -> Option<&'static DocumentedError> {
        let action = self.action().unwrap_or_default();
        documented::find(action, &self.code, &self.message, self.http_status)
    }

    /// The category of the code, unless the message or the headers say more.
    pub fn category(&self) -> ErrorCategory {
        match self.retry_class() {
            RetryClass::ExpiredCredentials => ErrorCategory::Auth,
            _ if self.asks_to_wait => ErrorCategory::Throttling,
            _ => self.facts.category,
        }
    }

    /// The code that was received classifies the error, even if the code that is shown is redacted.
    pub(crate) fn classified_as(mut self, code: &ErrorCode) -> Self {
        self.facts = code.facts();
        self
    }

    /// Marks an error that is not proven to come from the service, because its form differs or its request id is
    /// missing. Its outcome is unknown.
    pub(crate) fn in_foreign_form(mut self) -> Self {
        self.is_foreign = true;
        self
    }

    /// Adds the operation, and whether the response has an `x-acs-retry-after`. With an unknown code, such a response
    /// is throttling, as in the official SDKs.
    pub(super) fn complete(&mut self, action: &str, asks_to_wait: bool) {
        self.action = Some(Cow::Owned(action.to_owned()));
        self.asks_to_wait = asks_to_wait && self.http_status >= 400 && self.is_unknown_code();
    }

    pub(crate) fn retry_class(&self) -> RetryClass {
        match (self.facts.retry, self.http_status) {
            // An expired token can also be reported as a plain InvalidParameter.
            _ if self.code == ErrorCode::InvalidParameter
                && self.message.contains("SecurityToken.Expired") =>
            {
                RetryClass::ExpiredCredentials
            }
            _ if self.asks_to_wait => RetryClass::Throttling,
            (RetryClass::AfterAmbiguous, 502..=504) => RetryClass::Transient,
            (class, 502..=504) if !class.is_retryable() => RetryClass::Transient,
            (class, 429) if !class.is_retryable() => RetryClass::Throttling,
            // Only the status is known.
            (RetryClass::Never, 408 | 499 | 500) if self.is_unknown_code() => RetryClass::Transient,
            (class, _) => class,
        }
    }

    /// Whether this response proves that the request had no effect.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.retry_class() {
            _ if self.is_foreign => Outcome::Unknown,
            // The code is unknown, so the status decides.
            _ if self.asks_to_wait && self.http_status >= 500 => Outcome::Unknown,
            RetryClass::Throttling => Outcome::NotApplied,
            // The token or the nonce was used before: the service has already received the same request.
            RetryClass::InProgress | RetryClass::NonceUsed => Outcome::Unknown,
            _ if self.http_status >= 500 || self.facts.category == ErrorCategory::Server => {
                Outcome::Unknown
            }
            // An unknown code with the status of a timeout, or with a status that is not an error.
            _ if self.is_unknown_code() && matches!(self.http_status, 0..400 | 408 | 499) => {
                Outcome::Unknown
            }
            _ => Outcome::NotApplied,
        }
    }

    fn is_unknown_code(&self) -> bool {
        matches!(self.code, ErrorCode::Unknown(_))
    }
}

/// Which policy denied a call (`AccessDeniedDetail`), as the service reports it.
///
/// ```
/// use aliyun_ecs::Error;
///
/// fn missing_right(error: &Error) -> Option<&str> {
///     error.service()?.access_denied_detail()?.auth_action.as_deref()
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AccessDeniedDetail {
    /// The permission that is missing (`AuthAction`), for instance `ecs:ModifyPrepayInstanceSpec`.
    pub auth_action: Option<String>,
    /// The kind of identity that called (`AuthPrincipalType`), for instance `SubUser`.
    pub auth_principal_type: Option<String>,
    /// The name or id of the identity that called (`AuthPrincipalDisplayName`).
    pub auth_principal_display_name: Option<String>,
    /// The account that the identity belongs to (`AuthPrincipalOwnerId`).
    pub auth_principal_owner_id: Option<String>,
    /// `ImplicitDeny` (nothing grants it) or `ExplicitDeny` (`NoPermissionType`).
    pub no_permission_type: Option<String>,
    /// The kind of policy that denied the call (`PolicyType`).
    pub policy_type: Option<String>,
    /// The encoded diagnosis, which the RAM console decodes (`EncodedDiagnosticMessage`).
    pub encoded_diagnostic_message: Option<String>,
}

impl AccessDeniedDetail {
    /// Passes every text through `map`.
    pub(crate) fn map_texts(mut self, map: impl Fn(&str) -> String) -> Self {
        let texts = [
            &mut self.auth_action,
            &mut self.auth_principal_type,
            &mut self.auth_principal_display_name,
            &mut self.auth_principal_owner_id,
            &mut self.no_permission_type,
            &mut self.policy_type,
            &mut self.encoded_diagnostic_message,
        ];
        for text in texts.into_iter().flatten() {
            *text = map(text);
        }
        self
    }
}
