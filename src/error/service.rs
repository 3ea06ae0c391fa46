//! The service's own error answer.

use std::borrow::Cow;

use super::documented::{self, DocumentedError};
use super::{ErrorCategory, ErrorCode, OneLine, Origin, Outcome, RetryClass};

/// The service answered with an error.
///
/// Built by calls; [`new`](Self::new) and the `with_…` methods make one for your own tests:
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
#[error(
    "{}: {}{}",
    OneLine(code.as_str()),
    OneLine(message),
    Origin(Some(*http_status), request_id.as_deref())
)]
pub struct ServiceError {
    pub(crate) action: Cow<'static, str>,
    code: ErrorCode,
    message: String,
    http_status: u16,
    request_id: Option<String>,
    host_id: Option<String>,
    recommend: Option<String>,
    access_denied_detail: Option<AccessDeniedDetail>,
    /// It does not have the form in which the service writes its errors.
    is_foreign: bool,
}

impl ServiceError {
    /// An error answer of `ModifyPrepayInstanceSpec` with this HTTP status, code and message.
    pub fn new(http_status: u16, code: impl Into<ErrorCode>, message: impl Into<String>) -> Self {
        Self {
            action: Cow::Borrowed("ModifyPrepayInstanceSpec"),
            code: code.into(),
            message: message.into(),
            http_status,
            request_id: None,
            host_id: None,
            recommend: None,
            access_denied_detail: None,
            is_foreign: false,
        }
    }

    /// Sets the request id (`RequestId`).
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Sets the host that answered (`HostId`).
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

    /// The error code (`Code`).
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }

    /// The service's own words (`Message`), with key material and the server's copy of the
    /// string to sign blotted out.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The HTTP status. The same code has come with different ones over the years: match on the code.
    pub fn http_status(&self) -> u16 {
        self.http_status
    }

    /// The request id (`RequestId`, else the header `x-acs-request-id`): what the vendor's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The host that answered (`HostId`).
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

    /// The row of the API's documentation that this error is: it tells apart what shares a code,
    /// for instance the four cases of `QuotaExceed.ElasticQuota`.
    ///
    /// Found by code and message; the status only chooses between rows that are left. `None` for
    /// a code or a message that the documentation does not list.
    ///
    /// ```
    /// use aliyun_ecs::error::ServiceError;
    ///
    /// let error = ServiceError::new(400, "IdempotenceParamNotMatch", "AutoPay differs.");
    /// let row = error.documented().ok_or("not documented")?;
    /// assert_eq!(row.message, None); // the service writes this message itself
    /// println!("{}", row.description);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn documented(&self) -> Option<&'static DocumentedError> {
        documented::find(&self.action, &self.code, &self.message, self.http_status)
    }

    /// The kind of trouble: the code's, except where only the message tells.
    pub fn category(&self) -> ErrorCategory {
        match self.retry_class() {
            RetryClass::ExpiredCredentials => ErrorCategory::Auth,
            _ => self.code.category(),
        }
    }

    /// Marks an error that is not written as the service writes its errors: it proves nothing about the request.
    pub(crate) fn in_foreign_form(mut self) -> Self {
        self.is_foreign = true;
        self
    }

    pub(crate) fn retry_class(&self) -> RetryClass {
        match (self.code.retry_class(), self.http_status) {
            // An expired token also comes disguised as a plain InvalidParameter.
            _ if self.code == ErrorCode::InvalidParameter
                && self.message.contains("SecurityToken.Expired") =>
            {
                RetryClass::ExpiredCredentials
            }
            (RetryClass::AfterAmbiguous, 502..=504) => RetryClass::Transient,
            (class, 502..=504) if !class.is_retryable() => RetryClass::Transient,
            (class, 429) if !class.is_retryable() => RetryClass::Throttling,
            // Nothing is known but the status.
            (RetryClass::Never, 408 | 499 | 500) if self.is_unknown_code() => RetryClass::Transient,
            (class, _) => class,
        }
    }

    /// Whether this answer rules out that the request was carried out.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.retry_class() {
            _ if self.is_foreign => Outcome::Unknown,
            RetryClass::Throttling => Outcome::NotApplied,
            // The same token or nonce was seen before: a twin of this request got through.
            RetryClass::InProgress | RetryClass::NonceUsed => Outcome::Unknown,
            _ if self.http_status >= 500 || self.code.category() == ErrorCategory::Server => {
                Outcome::Unknown
            }
            // A time-out on the way, or a status that says the request was accepted, with a code of no meaning.
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

/// Which policy denied a call (`AccessDeniedDetail`), as the service tells it.
///
/// ```
/// use aliyun_ecs::Error;
///
/// fn missing_right(error: &Error) -> Option<&str> {
///     error.service()?.access_denied_detail()?.auth_action.as_deref()
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// The kind of policy that decided (`PolicyType`).
    pub policy_type: Option<String>,
    /// The diagnosis for the vendor's decoder (`EncodedDiagnosticMessage`).
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
