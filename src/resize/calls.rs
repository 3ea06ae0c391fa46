//! The calls of a run, and what their failures mean for it.

use std::time::Duration;

use super::intent::Command;
use super::record::{Outcome, Rejection, RejectionKind};
use super::settings::Resize;
use super::step::Direction;
use crate::client::Client;
use crate::error::{Error, ErrorCategory, ErrorCode, Outcome as CallOutcome};
use crate::operation::{
    DescribeInstancesRequest, Instance, ModifyPrepayInstanceSpecRequest, RebootInstanceRequest,
    StartInstanceRequest, StopInstanceRequest,
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
    pub(super) async fn order(
        &self,
        to: &InstanceType,
        direction: Direction,
        runs: bool,
        timeout: Duration,
    ) -> Result<Option<String>, Error> {
        let resize = self.resize;
        let reboot_time = resize.reboot_time.filter(|_| runs);
        let mut request =
            ModifyPrepayInstanceSpecRequest::builder(resize.instance_id.as_str(), to.as_str())
                .region_id(self.region.as_str())
                .client_token(resize.client_token.as_str())
                .operator_type(direction.operator_type())
                .set_auto_pay(resize.auto_pay)
                .set_migrate_across_zone(resize.migrate_across_zone)
                .set_system_disk_category(resize.system_disk_category.clone())
                .set_end_time(resize.end_time.map(|time| time.to_datetime()))
                .set_reboot_time(reboot_time.map(|time| time.to_datetime()));
        for disk in &resize.disks {
            request = request.disk(disk.clone());
        }
        let response = self.client.call_within(&request.build()?, timeout).await?;
        Ok(response.order_id)
    }

    /// Stops, starts or restarts the instance.
    pub(super) async fn power(&self, command: Command, timeout: Duration) -> Result<(), Error> {
        let id = self.resize.instance_id.as_str();
        let region = self.region.as_str();
        match command {
            Command::Start => {
                let request = StartInstanceRequest::builder(id)
                    .region_id(region)
                    .build()?;
                self.client.call_within(&request, timeout).await.map(drop)
            }
            Command::Restart => {
                let request = RebootInstanceRequest::builder(id)
                    .region_id(region)
                    .build()?;
                self.client.call_within(&request, timeout).await.map(drop)
            }
            Command::ForceStop => {
                let request = StopInstanceRequest::builder(id)
                    .region_id(region)
                    .force_stop(true)
                    .build()?;
                self.client.call_within(&request, timeout).await.map(drop)
            }
            Command::Stop | Command::Order => {
                let request = StopInstanceRequest::builder(id).region_id(region).build()?;
                self.client.call_within(&request, timeout).await.map(drop)
            }
        }
    }
}

/// Whether the same request may succeed later.
pub(super) fn is_transient(error: &Error) -> bool {
    error.is_retryable()
        || error.is_throttling()
        || error.outcome() == CallOutcome::Unknown
        || error.code().is_some_and(ErrorCode::resize_may_wait)
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
        _ if is_transient(error) => RejectionKind::Transient,
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
