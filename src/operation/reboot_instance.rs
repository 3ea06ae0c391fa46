//! `RebootInstance`: restarts a running instance.

power_operation! {
    /// An order to restart a running instance.
    ///
    /// A running instance takes on a type that was ordered for it by this, not by a restart from within its operating
    /// system. The state may still be `Running` for a moment before it becomes `Stopping` or `Starting`: the first
    /// `Running` that is seen afterwards is not the end of it.
    ///
    /// The operation has no client token: after a failure of unknown outcome the call is not repeated. Look at the
    /// instance's state ([`Client::describe_instances`](crate::Client::describe_instances)) before sending it again.
    ///
    /// ```
    /// use aliyun_ecs::operation::RebootInstanceRequest;
    ///
    /// let request = RebootInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").dry_run(true).build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    RebootInstanceRequest, RebootInstanceRequestBuilder, "RebootInstance";
    /// The service has accepted it: the instance restarts, and is `Running` again some time later.
    RebootInstanceResponse
}

filters! { RebootInstanceRequestBuilder {
    /// Whether the power is cut instead of shutting the system down; **what was not written to disk is lost**.
    /// The service takes `false` where it is not sent.
    flag force_stop = "ForceStop";
    /// Whether everything is only checked, the caller's rights included; the response then says so.
    /// The service takes `false` where it is not sent.
    flag dry_run = "DryRun";
} }
