//! Uses the public API as users do: a change that breaks this file breaks users.

#![allow(clippy::unwrap_used, reason = "this is all test code")]

use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::credentials::{
    AssumeRoleProvider, CredentialsError, DefaultChain, EcsRamRoleProvider, EnvProvider,
    ExternalProvider, OidcProvider, ProfileProvider, ProvideCredentials, UriProvider,
};
use aliyun_ecs::error::documented::{self, DocumentedError};
use aliyun_ecs::error::{
    AccessDeniedDetail, DecodeError, ServiceError, TransportError, TransportErrorKind, UnknownCode,
    Violation,
};
use aliyun_ecs::operation::{DescribeInstancesRequest, DiskChange, Operation};
use aliyun_ecs::resize::{
    Check, Completion, Direction, Quote, ResizeError, ResizeErrorKind, ResizeEvent, ResizePlan,
    ResizeReport, ResizeRun, Restart, ResumeKey, Step, StopPolicy,
};
use aliyun_ecs::transport::{HttpTransport, ReqwestTransport, ResponseBody};
use aliyun_ecs::types::{ClientToken, ModifyMode, SystemDiskCategory};
use aliyun_ecs::{
    BoxFuture, CallOptions, Client, ClientBuilder, ConfigError, Credentials, Error, ErrorCategory,
    ErrorCode, ErrorKind, ModifyPrepayInstanceSpecRequest, ModifyPrepayInstanceSpecResponse,
    Network, OperatorType, Outcome, Resize, ResponseFormat, RetryConfig, RpcRequest,
    SignatureVersion, ValidationError,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// Returns the same body for every request.
#[derive(Debug)]
struct StaticResponse(&'static str);

impl HttpTransport for StaticResponse {
    fn send(
        &self,
        _request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async { Ok(http::Response::new(self.0.into())) })
    }
}

#[derive(Debug)]
struct TestProvider;

impl ProvideCredentials for TestProvider {
    fn provide_credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        let expiry: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;
        Box::pin(async move {
            Ok(Credentials::new("i", "s")
                .with_security_token("t")
                .with_expiration(expiry))
        })
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .region("cn-hangzhou")
        .credentials(TestProvider)
        .network(Network::Vpc)
        .signature_version(SignatureVersion::V3)
        .response_format(ResponseFormat::Json)
        .retry(
            RetryConfig::default()
                .with_max_attempts(4)
                .with_initial_backoff(Duration::from_millis(1))
                .with_max_backoff(Duration::from_secs(1)),
        )
        .connect_timeout(Duration::from_secs(5))
        .attempt_timeout(Duration::from_secs(15))
        .timeout(Duration::from_secs(60))
        .clock(SystemClock::default())
        .user_agent_suffix("contract/1.0")
}

#[tokio::test]
async fn a_client_with_a_custom_transport() -> Result<(), Box<dyn std::error::Error>> {
    let response = StaticResponse(r#"{"RequestId":"R","OrderId":"1"}"#);
    let client: Client = builder().transport(response).build()?;
    let request: ModifyPrepayInstanceSpecRequest =
        ModifyPrepayInstanceSpecRequest::builder("i-1", "ecs.g5.large")
            .region_id("cn-beijing")
            .operator_type(OperatorType::Upgrade)
            .client_token("t")
            .auto_pay(true)
            .migrate_across_zone(false)
            .system_disk_category(SystemDiskCategory::CloudEfficiency)
            .set_reboot_time(None)
            .set_end_time(None)
            .reboot_when_finished(false)
            .modify_mode(ModifyMode::Offline)
            .disk(
                DiskChange::new()
                    .with_disk_id("d-1")
                    .with_category(aliyun_ecs::types::DiskCategory::CloudSsd),
            )
            .build()?;
    let token: &ClientToken = request.client_token();
    assert_eq!(token.as_str(), "t");
    let options = CallOptions::default()
        .with_timeout(Duration::from_secs(1))
        .with_retry(RetryConfig::disabled());
    let response: ModifyPrepayInstanceSpecResponse = client.call(request.clone(), options).await?;
    assert_eq!(response, client.modify_prepay_instance_spec(request).await?);
    assert_eq!(
        (response.request_id.as_str(), response.order_id.as_deref()),
        ("R", Some("1"))
    );
    let generic = RpcRequest::<serde_json::Value>::new("DescribeDisks")
        .param("A", "b")
        .client_token("t")
        .read_only();
    assert_eq!(
        client.call(generic, CallOptions::default()).await?["OrderId"],
        "1"
    );
    Ok(())
}

/// Compiles against the whole API of a resize; nothing is sent.
#[tokio::test]
async fn the_api_of_a_resize() -> Result<(), Box<dyn std::error::Error>> {
    let resize: Resize = Resize::builder("i-1", "ecs.g5.xlarge")
        .region_id("cn-beijing")
        .restart(Restart::WhenNeeded)
        .stop_policy(StopPolicy::Allow)
        .restart_on_failure(true)
        .max_price(Decimal::new(9_950, 2))
        .auto_pay(true)
        .client_token("t")
        .migrate_across_zone(false)
        .poll_interval(Duration::from_secs(2))
        .timeout(Duration::from_secs(600))
        .build()?;
    assert!(resize.resume_key().is_none());
    let key: ResumeKey =
        "i-1/cn-hangzhou/ecs.g5.large/ecs.g5.xlarge/upgrade/running,possible,idle,-,-/a5d3acfa/t"
            .parse()?;
    let resumed = Resize::resume(key.clone()).build()?;
    assert_eq!(resumed.resume_key(), Some(&key));

    let client = builder()
        .transport(StaticResponse(r#"{"RequestId":"R"}"#))
        .build()?;
    let plan: Result<ResizePlan, ResizeError> = client.plan_resize(&resize).await;
    let error = plan.unwrap_err();
    assert!(matches!(error.kind(), ResizeErrorKind::NotFound(..)));
    assert!(error.progress().is_none() && error.call_error().is_none());
    let mut run: ResizeRun = client.resize(resize);
    let event: Option<ResizeEvent> = run.next().await;
    assert!(event.is_none());
    let report: Result<ResizeReport, ResizeError> = run.await;
    assert!(report.is_err());

    fn of_plan(plan: &ResizePlan) -> (&str, &str, Option<Direction>, &[Step], &ClientToken) {
        let _: (Option<&Quote>, &[Check], &ClientToken) =
            (plan.quote(), plan.checks(), plan.client_token());
        let _: (Result<Resize, ResizeError>, bool) = (plan.accept(), plan.is_blocked());
        let (from, to) = (plan.from().as_str(), plan.to().as_str());
        (
            from,
            to,
            plan.direction(),
            plan.steps(),
            plan.client_token(),
        )
    }
    fn of_report(report: &ResizeReport) -> (Option<&str>, Duration, bool, Completion) {
        let _ = (report.from(), report.to());
        let _ = (report.steps(), report.quote(), report.resume_key());
        let (order_id, elapsed) = (report.order_id(), report.elapsed());
        (order_id, elapsed, report.restarted(), report.completion())
    }
    let _ = (of_plan, of_report);
    let mut paginator = client.list_instances(DescribeInstancesRequest::builder().build()?);
    assert!(paginator.next().await.is_none());
    Ok(())
}

#[test]
fn the_api_of_errors() {
    let error = Error::from(
        ServiceError::new(403, ErrorCode::from("Forbidden.RAM"), "no")
            .with_request_id("R")
            .with_host_id("h")
            .with_recommend("r")
            .with_access_denied_detail(AccessDeniedDetail::default()),
    );
    let service: &ServiceError = error.service().unwrap();
    let _: (&ErrorCode, &str, u16) = (service.code(), service.message(), service.http_status());
    let _: [Option<&str>; 3] = [service.request_id(), service.host_id(), service.recommend()];
    let _: (
        Option<&AccessDeniedDetail>,
        Option<&'static DocumentedError>,
    ) = (service.access_denied_detail(), service.documented());
    let _: (Option<&ErrorCode>, Option<u16>, Option<&str>) =
        (error.code(), error.http_status(), error.request_id());
    let _: (Option<&ClientToken>, u32, Duration) =
        (error.client_token(), error.attempts(), error.elapsed());
    let _: [bool; 3] = [
        error.is_timeout(),
        error.is_throttling(),
        error.is_retryable(),
    ];
    assert_eq!(error.outcome(), Outcome::NotApplied);
    assert_eq!(error.code().unwrap().category(), ErrorCategory::Permission);

    let code: ErrorCode = "New.Code".parse().unwrap();
    assert!(matches!(&code, ErrorCode::Unknown(text) if { let _: &UnknownCode = text; true }));
    assert_eq!(
        (code.as_str(), code.to_string()),
        ("New.Code", "New.Code".to_owned())
    );
    assert!(!code.description().is_empty() && !code.description_zh().is_empty());

    let row: &DocumentedError = &documented::MODIFY_PREPAY_INSTANCE_SPEC[0];
    let _: (u16, &ErrorCode, Option<&'static str>, &'static str) =
        (row.http_status, &row.code, row.message, row.description);

    let invalid: ValidationError = ModifyPrepayInstanceSpecRequest::builder("", "")
        .build()
        .unwrap_err();
    let first: &Violation = &invalid.violations()[0];
    let _: [&str; 3] = [first.parameter(), first.value(), first.problem()];

    let lost = TransportError::new(TransportErrorKind::Reset, "gone")
        .with_source("cause")
        .with_response(200, None);
    for error in [
        Error::from(lost),
        Error::from(invalid),
        Error::from(CredentialsError::failed("p", "m")),
    ] {
        match error.kind() {
            ErrorKind::Credentials(_)
            | ErrorKind::Transport(_)
            | ErrorKind::Decode(_)
            | ErrorKind::Service(_) => {}
            _ => assert!(matches!(error.kind(), ErrorKind::Validation(_))),
        }
    }
    let _: fn(&DecodeError) -> &str = DecodeError::excerpt;
}

#[test]
fn providers_are_constructed_without_io() {
    let keys = || Credentials::new("id", "secret");
    let providers: [Box<dyn ProvideCredentials>; 9] = [
        Box::new(keys()),
        Box::new(EnvProvider::new()),
        Box::new(ProfileProvider::new()),
        Box::new(EcsRamRoleProvider::new()),
        Box::new(AssumeRoleProvider::new(keys(), "acs:ram::1:role/r")),
        Box::new(OidcProvider::from_env()),
        Box::new(UriProvider::from_env()),
        Box::new(ExternalProvider::new("program", ["argument"])),
        Box::new(DefaultChain::new()),
    ];
    assert!(
        providers
            .iter()
            .all(|provider| !format!("{provider:?}").contains("secret\""))
    );
}

#[test]
fn shared_types_are_send_and_sync() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Client>();
    check::<ClientBuilder>();
    check::<Credentials>();
    check::<Error>();
    check::<ConfigError>();
    check::<ModifyPrepayInstanceSpecRequest>();
    check::<RpcRequest<std::cell::Cell<u8>>>();
    fn is_operation<O: Operation>() {}
    is_operation::<ModifyPrepayInstanceSpecRequest>();
    is_operation::<RpcRequest<serde_json::Value>>();
    fn objects(_: &dyn Clock, _: &dyn HttpTransport, _: &dyn ProvideCredentials) {}
    let _ = objects;
    let _: fn() -> Result<Client, ConfigError> = Client::from_env;
    let _: fn() -> Result<ReqwestTransport, ConfigError> = ReqwestTransport::new;
    let _: fn(reqwest::Client) -> ReqwestTransport = ReqwestTransport::from;
}
