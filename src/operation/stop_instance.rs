//! `StopInstance`: stops a running instance.

use crate::types::{InstanceId, StoppedMode};

operation! {
    /// A request to stop a running instance.
    ///
    /// By default the operating system shuts down first.
    ///
    /// The operation has no client token: after a failure with an unknown outcome the call is not retried. Check the
    /// state of the instance ([`Client::describe_instances`](crate::Client::describe_instances)) before you send it
    /// again.
    ///
    /// ```
    /// use aliyun_ecs::operation::StopInstanceRequest;
    ///
    /// let request = StopInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").dry_run(true).build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    StopInstanceRequest, StopInstanceRequestBuilder => StopInstanceResponse;
    action = "StopInstance";
    effect = Change;
    regional = region_id;
    dry_run = dry_run;
    required {
        /// The instance.
        instance_id: InstanceId = "InstanceId";
    }
    optional {
        /// What happens to billing while the instance is stopped. A subscription is billed in any case: the service
        /// ignores this for it, or rejects it.
        Keyword<StoppedMode> stopped_mode = "StoppedMode";
        /// Whether the power is cut without a shutdown. **Data that is not yet on disk is lost.**
        /// Service default: `false`.
        Boolean force_stop = "ForceStop";
        /// Confirms that local disks may lose their data. Retired types with such disks require `true`.
        Boolean confirm_stop = "ConfirmStop";
        /// Whether the instance hibernates instead. Undocumented, but part of every official SDK.
        Boolean hibernate = "Hibernate";
        /// Whether the service only checks the request and the caller's permissions. Service default: `false`.
        Boolean dry_run = "DryRun";
    }
}

response! {
    /// The request was accepted: the instance is `Stopping`, and `Stopped` some time later.
    pub StopInstanceResponse {
        /// The request id.
        request_id: String = scalar "RequestId";
        /// Whether this was a dry run that passed: nothing was changed.
        is_dry_run: bool = derived;
    }
}
