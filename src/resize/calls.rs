//! The calls of a run, and what their failures mean for it.

use std::time::Duration;

use super::intent::Command;
use super::memory::Memory;
use super::record::{Outcome, Rejection, RejectionKind};
use super::settings::Resize;
use super::step::Direction;
use crate::client::Client;
use crate::error::{Error, ErrorCategory, ErrorCode, ErrorKind, Outcome as CallOutcome};
use crate::operation::{
    DescribeInstancesRequest, Instance, RebootInstanceRequest, StartInstanceRequest,
    StopInstanceRequest,
};
use crate::types::{InstanceType, RegionId};

/// The service, as one run uses it.
#[derive(Debug)]
pub(super) struct Calls<'a> {
    pub(super) client: &'a Client,
    pub(super) resize: &'a Resize,
    pub(super) region: &'a RegionId,
}

impl Calls<'_> {
    /// The instance as it is now, if the service lists it.
    pub(super) async fn find(&self, timeout: Duration) -> Result<Option<Instance>, Error> {
        let id = self.resize.instance_id.as_str();
        let request = DescribeInstancesRequest::builder()
            .region_id(self.region.as_str())
            .instance_ids([id])
            .build()?;
        let response = self.client.call_within(&request, timeout).await?;
        Ok(response
            .instances
            .into_iter()
            .find(|it| it.instance_id == id))
    }

    /// Places the order, or learns that it exists.
    async fn order(
        &self,
        to: &InstanceType,
        direction: Direction,
        runs: bool,
        timeout: Duration,
    ) -> Result<Option<String>, Error> {
        let settings = self.resize.to_builder();
        let order = settings.order(to.as_str(), Some(direction), runs);
        let request = order.region_id(self.region.as_str()).build()?;
        let response = self.client.call_within(&request, timeout).await?;
        Ok(response.order_id)
    }

    /// Sends a command. An order returns its id, if it has one.
    pub(super) async fn send(
        &self,
        command: Command,
        to: &InstanceType,
        memory: &Memory,
        timeout: Duration,
    ) -> Result<Option<String>, Error> {
        let (client, region) = (self.client, self.region.as_str());
        let id = self.resize.instance_id.as_str();
        match command {
            Command::Order => {
                return self.order(to, memory.direction, memory.runs, timeout).await;
            }
            Command::Stop | Command::ForceStop => {
                let mut request = StopInstanceRequest::builder(id).region_id(region);
                if command == Command::ForceStop {
                    request = request.force_stop(true);
                }
                client
                    .call_within(&request.build()?, timeout)
                    .await
                    .map(drop)
            }
            Command::Start => {
                let request = StartInstanceRequest::builder(id)
                    .region_id(region)
                    .build()?;
                client.call_within(&request, timeout).await.map(drop)
            }
            Command::Restart => {
                let request = RebootInstanceRequest::builder(id)
                    .region_id(region)
                    .build()?;
                client.call_within(&request, timeout).await.map(drop)
            }
        }
        .map(|()| None)
    }
}

/// Whether the same request may succeed later.
pub(super) fn is_transient(error: &Error) -> bool {
    let is_of_service = !matches!(error.kind(), ErrorKind::Credentials(_)) && error.is_retryable();
    is_of_service
        || error.is_throttling()
        || error.outcome() == CallOutcome::Unknown
        || error.code().is_some_and(ErrorCode::resize_may_wait)
}

/// Whether a run that has begun waits for the same request to succeed. Its credentials have worked before, so their
/// provider may return them again.
pub(super) fn may_pass(error: &Error) -> bool {
    is_transient(error) || matches!(error.kind(), ErrorKind::Credentials(_))
}

/// What a failed command means.
pub(super) fn outcome(error: &Error, has_candidate: bool) -> Outcome {
    let (reason, retry_after) = (error.reason().to_string(), error.retry_after());
    let code = error.code();
    if error.outcome() == CallOutcome::Unknown && !code.is_some_and(ErrorCode::token_reused) {
        return Outcome::Unknown {
            reason,
            retry_after,
        };
    }
    let kind = match code {
        Some(code) if code.token_reused() => RejectionKind::TokenReused,
        Some(ErrorCode::InvalidStatusNotStopped) => RejectionKind::NotStopped,
        _ if may_pass(error) => RejectionKind::Transient,
        _ if has_candidate && error.category() == ErrorCategory::Stock => {
            RejectionKind::NextCandidate
        }
        _ => RejectionKind::Permanent,
    };
    Outcome::Rejected(Rejection {
        kind,
        reason,
        retry_after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{CredentialsError, TransportError, TransportErrorKind, ValidationError};

    #[test]
    fn a_run_waits_for_what_passes_by_itself() {
        let rate_limit = TransportError::new(TransportErrorKind::RateLimit, "its turn comes later");
        // The error, whether a run waits for it before it begins, and whether after.
        for (error, before, after) in [
            (Error::from(rate_limit), true, true),
            (
                CredentialsError::timeout("STS", "no response").into(),
                false,
                true,
            ),
            (
                CredentialsError::failed("STS", "it is restarting").into(),
                false,
                true,
            ),
            (
                CredentialsError::not_configured("STS", "no role").into(),
                false,
                true,
            ),
            (
                ValidationError::single("Disk.1", "", "is empty").into(),
                false,
                false,
            ),
        ] {
            assert_eq!(
                (is_transient(&error), may_pass(&error)),
                (before, after),
                "{error}"
            );
            let waits = matches!(
                outcome(&error, true),
                Outcome::Rejected(Rejection {
                    kind: RejectionKind::Transient,
                    ..
                })
            );
            assert_eq!(waits, after, "{error}");
        }
    }
}
