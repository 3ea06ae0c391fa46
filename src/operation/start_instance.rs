//! `StartInstance`: starts a stopped instance.

use crate::types::InstanceId;

operation! {
    /// A request to start a stopped instance.
    ///
    /// If a new type was ordered while the instance was stopped, this puts it into effect. It can fail because the
    /// type is sold out or a quota is used up.
    ///
    /// The operation has no client token: after a failure with an unknown outcome the call is not retried. Check the
    /// state of the instance ([`Client::describe_instances`](crate::Client::describe_instances)) before you send it
    /// again.
    ///
    /// ```
    /// use aliyun_ecs::operation::StartInstanceRequest;
    ///
    /// let request = StartInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").dry_run(true).build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    StartInstanceRequest, StartInstanceRequestBuilder => StartInstanceResponse;
    action = "StartInstance";
    effect = Change;
    regional = region_id;
    dry_run = dry_run;
    required {
        /// The instance.
        instance_id: InstanceId = "InstanceId";
    }
    optional {
        /// Whether damaged local disks are initialized, on the few types that have them. **Their data is lost.**
        /// Service default: `false`.
        Boolean init_local_disk = "InitLocalDisk";
        /// Whether the service only checks the request and the caller's permissions. Service default: `false`.
        Boolean dry_run = "DryRun";
    }
}

response! {
    /// The request was accepted: the instance is `Starting`, and `Running` some time later.
    pub StartInstanceResponse {
        /// The request id.
        request_id: String = scalar "RequestId";
        /// Whether this was a dry run that passed: nothing was changed.
        is_dry_run: bool = derived;
    }
}
