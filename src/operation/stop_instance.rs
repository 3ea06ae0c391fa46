//! `StopInstance`: stops a running instance.

use crate::types::StoppedMode;

power_operation! {
    /// An order to stop a running instance.
    ///
    /// A clean stop waits for the operating system to shut down.
    ///
    /// The operation has no client token: after a failure of unknown outcome the call is not repeated. Look at the
    /// instance's state ([`Client::describe_instances`](crate::Client::describe_instances)) before sending it again.
    ///
    /// ```
    /// use aliyun_ecs::operation::StopInstanceRequest;
    ///
    /// let request = StopInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").dry_run(true).build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    StopInstanceRequest, StopInstanceRequestBuilder, "StopInstance";
    /// The service has accepted it: the instance is `Stopping`, and `Stopped` some time later.
    StopInstanceResponse
}

filters! { StopInstanceRequestBuilder {
    /// Whether the power is cut instead of shutting the system down; **what was not written to disk is lost**.
    /// The service takes `false` where it is not sent.
    flag force_stop = "ForceStop";
    /// Confirms that local disks may lose their data; retired types with such disks demand `true`.
    flag confirm_stop = "ConfirmStop";
    /// Whether the instance hibernates instead. Not in the public documentation, but in every SDK's model.
    flag hibernate = "Hibernate";
    /// Whether everything is only checked, the caller's rights included; the response then says so.
    /// The service takes `false` where it is not sent.
    flag dry_run = "DryRun";
} }

impl StopInstanceRequestBuilder {
    /// What happens to the billing while it is stopped (`StoppedMode`). Default: not sent.
    ///
    /// A subscription goes on being billed: the service ignores this for it, or refuses.
    pub fn stopped_mode(mut self, mode: impl Into<Option<StoppedMode>>) -> Self {
        let mode = mode.into().map(|mode| mode.as_str().to_owned());
        self.filters.set("StoppedMode", mode);
        self
    }
}
