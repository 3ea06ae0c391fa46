//! `RebootInstance`: restarts a running instance.

use crate::types::InstanceId;

operation! {
    /// A request to restart a running instance.
    ///
    /// This puts a new type into effect; a restart from within the operating system does not. The state may still be
    /// `Running` for a moment before it becomes `Stopping` or `Starting`, so the first `Running` afterwards does not
    /// mean that the restart is over.
    ///
    /// The operation has no client token: after a failure with an unknown outcome the call is not retried. Check the
    /// state of the instance ([`Client::describe_instances`](crate::Client::describe_instances)) before you send it
    /// again.
    ///
    /// ```
    /// use aliyun_ecs::operation::RebootInstanceRequest;
    ///
    /// let request = RebootInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").dry_run(true).build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    RebootInstanceRequest, RebootInstanceRequestBuilder => RebootInstanceResponse;
    action = "RebootInstance";
    effect = Change;
    regional = region_id;
    dry_run = dry_run;
    required {
        /// The instance.
        instance_id: InstanceId = "InstanceId";
    }
    optional {
        /// Whether the power is cut without a shutdown. **Data that is not yet on disk is lost.**
        /// Service default: `false`.
        Boolean force_stop = "ForceStop";
        /// Whether the service only checks the request and the caller's permissions. Service default: `false`.
        Boolean dry_run = "DryRun";
    }
}

response! {
    /// The request was accepted: the instance restarts, and is `Running` again some time later.
    pub RebootInstanceResponse {
        /// The request id.
        request_id: String = scalar "RequestId";
        /// Whether this was a dry run that passed: nothing was changed.
        is_dry_run: bool = derived;
    }
}
