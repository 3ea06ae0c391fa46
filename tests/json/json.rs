//! The JSON of the feature `serde`: round trips, stable names, and snapshots of what other programs parse.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p aliyun-ecs-json` writes the snapshots in `tests/data/json`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "this is all test code, and a variable renews the snapshots"
)]

mod fleet;

use std::fmt::Debug;
use std::marker::PhantomData;
use std::path::Path;
use std::time::Duration;

use aliyun_ecs::error::{CredentialsError, ServiceError, TransportError, TransportErrorKind};
use aliyun_ecs::operation::*;
use aliyun_ecs::resize::*;
use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use aliyun_ecs::transport::testing::CannedTransport;
use aliyun_ecs::types::*;
use aliyun_ecs::{
    Client, Credentials, Error, ErrorCategory, ErrorCode, ModifyPrepayInstanceSpecRequest, Outcome,
    Resize, RetryConfig,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json, to_string_pretty, to_value};

const ID: &str = "i-bp67acfmxazb4ph1a2b3";

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Value {
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(&read, value, "{text}");
    to_value(value).unwrap()
}

fn rejected<T: DeserializeOwned + Debug>(json: Value) -> String {
    serde_json::from_value::<T>(json).unwrap_err().to_string()
}

/// Compares with a file. Whoever changes it changes what other programs parse.
fn snapshot(name: &str, value: &impl Serialize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../data/json/{name}.json"));
    let text = to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{name}");
}

fn key() -> ResumeKey {
    "i-bp67acfmxazb4ph1a2b3/cn-hangzhou/ecs.g5.large/ecs.g5.xlarge/upgrade/running,possible,idle,-,-/d91c9904/my-token"
        .parse()
        .unwrap()
}

fn report() -> ResizeReport {
    ResizeReport::new(key(), Completion::InEffect)
        .with_order_id("231456789012345")
        .with_quote(Quote::new(rust_decimal::Decimal::new(11_388, 2), "CNY"))
        .with_step(Step::Order, Duration::from_millis(1_500))
        .with_step(Step::AwaitChange, Duration::from_secs(8))
        .with_step(Step::Restart, Duration::from_secs(21))
        .with_restarted(true)
}

#[test]
fn values_are_strings_and_invalid_ones_are_rejected() {
    assert_eq!(round_trip(&InstanceId::new(ID).unwrap()), ID);
    assert_eq!(
        round_trip(&RegionId::new("cn-hangzhou").unwrap()),
        "cn-hangzhou"
    );
    assert_eq!(round_trip(&DiskId::new("d-1").unwrap()), "d-1");
    assert_eq!(round_trip(&ClientToken::new("t").unwrap()), "t");
    assert_eq!(round_trip(&InstanceStatus::Running), "Running");
    assert_eq!(round_trip(&OperatorType::from("sideways")), "sideways");
    assert_eq!(
        round_trip(&ErrorCode::from("Account.Arrearage")),
        "Account.Arrearage"
    );
    assert_eq!(round_trip(&ErrorCode::from("No.Such")), "No.Such");
    assert_eq!(round_trip(&key()), key().to_string());
    let time = MinuteTime::new("2030-01-31T18:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(round_trip(&time), "2030-01-31T18:00:00Z");
    let error = rejected::<InstanceType>(json!("g5.xlarge"));
    assert!(error.contains("did you mean"), "{error}");
    let error = rejected::<ResumeKey>(json!("i-1/cn-hangzhou"));
    assert!(error.contains("is not a complete resume key"), "{error}");
}

#[test]
fn names_are_those_of_as_str() {
    use ErrorCategory::*;
    let categories = [
        Auth,
        Billing,
        Idempotency,
        Network,
        NotFound,
        Permission,
        Quota,
        Server,
        State,
        Stock,
        Throttling,
        Validation,
        Unknown,
    ];
    for category in categories {
        assert_eq!(round_trip(&category), category.as_str());
    }
    for outcome in [Outcome::NotApplied, Outcome::Unknown] {
        assert_eq!(round_trip(&outcome), outcome.as_str());
    }
    for step in [
        Step::Stop,
        Step::Order,
        Step::AwaitChange,
        Step::Restart,
        Step::Start,
    ] {
        assert_eq!(round_trip(&step), step.as_str());
    }
    for direction in [Direction::Upgrade, Direction::Downgrade] {
        assert_eq!(round_trip(&direction), direction.to_string());
    }
    for completion in completions() {
        assert_eq!(round_trip(&completion)["completion"], completion.as_str());
    }
    for kind in [
        TransportErrorKind::Connect,
        TransportErrorKind::RateLimit,
        TransportErrorKind::Timeout,
        TransportErrorKind::Reset,
        TransportErrorKind::IncompleteBody,
        TransportErrorKind::BodyTooLarge,
        TransportErrorKind::Protocol,
        TransportErrorKind::Other,
    ] {
        assert_eq!(to_value(kind).unwrap(), kind.as_str());
    }
    for event in events() {
        assert_eq!(round_trip(&event)["kind"], event.kind().as_str());
    }
    for order in [
        OrderState::NotPlaced,
        OrderState::Unknown,
        OrderState::Placed(None),
    ] {
        assert_eq!(to_value(&order).unwrap()["order"], order.as_str());
    }
    let why = || "why".to_owned();
    for recovery in [
        Recovery::NotNeeded,
        Recovery::Started,
        Recovery::LeftStopped(why()),
        Recovery::Unknown(why()),
    ] {
        assert_eq!(to_value(&recovery).unwrap()["recovery"], recovery.as_str());
    }
    for result in [
        CheckResult::Passed,
        CheckResult::Warning(why()),
        CheckResult::Blocked(why()),
        CheckResult::Unknown(why()),
    ] {
        let check = Check::new(CheckKind::LocalDisks, result);
        let json = round_trip(&check);
        assert_eq!(json["result"], check.result.as_str());
        assert_eq!(json["kind"], check.kind.as_str());
    }
}

fn completions() -> [Completion; 8] {
    [
        Completion::InEffect,
        Completion::AlreadyThatType,
        Completion::RestartUnconfirmed,
        Completion::PendingRestart,
        Completion::PendingStart,
        Completion::StoppedBefore,
        Completion::RestartsAt("2030-01-31T18:00:00Z".parse().unwrap()),
        Completion::AwaitingPayment,
    ]
}

/// One event of each kind.
fn events() -> Vec<ResizeEvent> {
    let seconds = Duration::from_secs;
    let step = Step::Restart;
    let kinds = [
        ResizeEventKind::Started {
            from: "ecs.g5.large".parse().unwrap(),
            to: "ecs.g5.xlarge".parse().unwrap(),
            direction: Direction::Upgrade,
            steps: vec![Step::Order, Step::AwaitChange, Step::Restart],
            quote: Some(Quote::new(104, "CNY")),
            resumed: false,
        },
        ResizeEventKind::StepStarted {
            step,
            number: 3,
            of: 3,
        },
        ResizeEventKind::Requesting {
            step: Step::Order,
            forced: false,
            quote: Some(Quote::new(104, "CNY")),
        },
        ResizeEventKind::Ordered {
            order_id: Some("231456789012345".into()),
        },
        ResizeEventKind::Accepted { step },
        ResizeEventKind::Waiting {
            step,
            reason: "the instance is Starting".into(),
            since: seconds(12),
            next_poll: Duration::from_millis(1_250),
        },
        ResizeEventKind::StepFinished {
            step,
            elapsed: seconds(21),
        },
        ResizeEventKind::Recovering {
            problem: "sold out".into(),
        },
        ResizeEventKind::Finished(Box::new(report())),
        ResizeEventKind::Failed {
            error: "sold out".into(),
        },
    ];
    kinds.map(|kind| ResizeEvent::new(key(), kind)).into()
}

#[test]
fn events_and_reports_have_the_documented_json() {
    snapshot("events", &events());
    snapshot("report", &report());
    let guide = include_str!("../../src/guide/services.md");
    for json in [to_string_pretty(&events()[6]), to_string_pretty(&report())] {
        assert!(guide.contains(&json.unwrap()), "the guide does not show it");
    }
    let later = ResizeReport::new(key(), completions()[6]);
    round_trip(&report());
    round_trip(&later);
    snapshot("report_restarts_at", &later);
}

#[test]
fn errors_have_the_documented_json() {
    let service = ServiceError::new(403, "OperationDenied.NoStock", "sold out")
        .with_action("ModifyPrepayInstanceSpec")
        .with_request_id("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E");
    let transport = TransportError::new(TransportErrorKind::Reset, "connection closed")
        .with_source(std::io::Error::other("os error 104"));
    let invalid = ModifyPrepayInstanceSpecRequest::builder("i-1", "g5.xlarge").build();
    let errors: [Error; 4] = [
        service.into(),
        transport.into(),
        invalid.unwrap_err().into(),
        CredentialsError::failed("vault", "it is sealed").into(),
    ];
    snapshot("errors", &errors);

    let mut progress = Progress::new(key(), OrderState::Placed(Some("231456789012345".into())));
    progress.done = vec![Step::Stop, Step::Order];
    progress.left = vec![Step::AwaitChange, Step::Start];
    progress.recovery = Recovery::LeftStopped("no permission".into());
    let (id, region) = (ID.parse().unwrap(), "cn-hangzhou".parse().unwrap());
    let kind = ResizeErrorKind::TimedOut {
        last_error: None,
        timeout: Duration::from_secs(1_800),
        waiting_for: "the new type".into(),
        since: Duration::from_secs(900),
    };
    let error = ResizeError::new(kind, id, region).with_progress(progress);
    snapshot("resize_error", &error);
}

#[test]
fn requests_are_checked_when_they_are_read() {
    let time = || "2030-01-31T18:00:00Z".parse().unwrap();
    let order = ModifyPrepayInstanceSpecRequest::builder(ID, "ecs.g5.xlarge")
        .region_id("cn-beijing")
        .operator_type(OperatorType::Upgrade)
        .client_token("my-token")
        .auto_pay(true)
        .migrate_across_zone(false)
        .system_disk_category(SystemDiskCategory::CloudSsd)
        .reboot_time(time())
        .end_time(time() + chrono::TimeDelta::days(1))
        .modify_mode(ModifyMode::Offline)
        .disk(
            DiskChange::new()
                .with_disk_id("d-1")
                .with_category(DiskCategory::CloudEssd),
        )
        .extra_parameter("New", "value")
        .build()
        .unwrap();
    assert_eq!(round_trip(&order)["client_token"], "my-token");
    let plain = ModifyPrepayInstanceSpecRequest::builder(ID, "ecs.g5.xlarge").client_token("t");
    assert_eq!(
        round_trip(&plain.build().unwrap()),
        json!({"instance_id": ID, "instance_type": "ecs.g5.xlarge", "client_token": "t"})
    );
    let read = |json| rejected::<ModifyPrepayInstanceSpecRequest>(json);
    let error = read(json!({"instance_id": ID, "instance_type": "g5.xlarge"}));
    assert!(error.contains("InstanceType"), "{error}");
    let error = read(json!({"instance_id": ID, "instance_type": "ecs.g5.xlarge", "autopay": true}));
    assert!(error.contains("unknown field `autopay`"), "{error}");

    let list = DescribeInstancesRequest::builder()
        .instance_ids([ID])
        .status(InstanceStatus::Running)
        .tag("team", "")
        .max_results(50)
        .created_after(time())
        .additional_attributes(["META_OPTIONS"]);
    round_trip(&list.build().unwrap());
    round_trip(&DescribeRegionsRequest::builder().build().unwrap());
    round_trip(&DescribeDisksRequest::builder().build().unwrap());
    round_trip(&DescribeInstanceTypesRequest::builder().build().unwrap());
    round_trip(&StartInstanceRequest::builder(ID).build().unwrap());
    round_trip(&StopInstanceRequest::builder(ID).build().unwrap());
    round_trip(&RebootInstanceRequest::builder(ID).build().unwrap());
    let target = DescribeResourcesModificationRequest::builder(ID).memory_gib(8);
    round_trip(&target.build().unwrap());
    let disk = DataDisk::new(DiskCategory::CloudEssd).with_size_gib(200);
    let price = DescribeInstanceModificationPriceRequest::builder(ID).data_disk(disk);
    round_trip(&price.build().unwrap());
}

#[test]
fn a_resize_keeps_all_settings() {
    let resize = Resize::builder(ID, "ecs.g5.xlarge")
        .candidates(["ecs.g6.xlarge"])
        .region_id("cn-beijing")
        .restart(Restart::At("2030-01-31T18:00:00Z".parse().unwrap()))
        .stop_policy(StopPolicy::Deny)
        .force_stop_after(Duration::from_secs(90))
        .max_price(500)
        .auto_pay(true)
        .client_token("my-token")
        .poll_interval(Duration::from_millis(2_500))
        .build()
        .unwrap();
    round_trip(&resize);
    round_trip(&Resize::resume(key()).build().unwrap());
    let short = json!({"instance_id": ID, "instance_type": "ecs.g5.xlarge", "client_token": "t"});
    let read: Resize = serde_json::from_value(short).unwrap();
    let built = Resize::builder(ID, "ecs.g5.xlarge")
        .client_token("t")
        .build();
    assert_eq!(read, built.unwrap());
    let error = rejected::<Resize>(
        json!({"instance_id": ID, "instance_type": "ecs.g5.xlarge", "max_pirce": "5"}),
    );
    assert!(error.contains("unknown field `max_pirce`"), "{error}");
}

#[tokio::test]
async fn a_plan_its_run_and_responses_survive_a_round_trip() {
    let simulator = Simulator::builder().speed(200).start().await.unwrap();
    simulator.add_instance(SimulatedInstance::new(ID, "ecs.g5.large").with_tag("team", "a"));
    let client = simulator.client_builder().build().unwrap();

    let list = DescribeInstancesRequest::builder().build().unwrap();
    round_trip(&client.describe_instances(list).await.unwrap());
    let list = DescribeRegionsRequest::builder().build().unwrap();
    round_trip(&client.describe_regions(list).await.unwrap());
    let types = DescribeInstanceTypesRequest::builder().build().unwrap();
    round_trip(&client.describe_instance_types(types).await.unwrap());
    let price =
        DescribeInstanceModificationPriceRequest::builder(ID).instance_type("ecs.g5.xlarge");
    let price = price.build().unwrap();
    round_trip(
        &client
            .describe_instance_modification_price(price)
            .await
            .unwrap(),
    );
    let target = DescribeResourcesModificationRequest::builder(ID)
        .build()
        .unwrap();
    round_trip(
        &client
            .describe_resources_modification(target)
            .await
            .unwrap(),
    );

    let disks = DescribeDisksRequest::builder().build().unwrap();
    round_trip(&client.describe_disks(disks).await.unwrap());
    let reboot = RebootInstanceRequest::builder(ID).build().unwrap();
    round_trip(&client.reboot_instance(reboot).await.unwrap());
    round_trip(&StopInstanceResponse::default());
    round_trip(&StartInstanceResponse::default());
    let mut ordered = ModifyPrepayInstanceSpecResponse::default();
    ordered.order_id = Some("231456789012345".into());
    round_trip(&ordered);

    let resize = Resize::builder(ID, "ecs.g5.xlarge").build().unwrap();
    let plan = client.plan_resize(&resize).await.unwrap();
    round_trip(&plan);
    let text = serde_json::to_string(&plan).unwrap();
    let plan: ResizePlan = serde_json::from_str(&text).unwrap();
    let accepted = plan.accept().unwrap();
    round_trip(&accepted);
    let mut run = client.resize(accepted);
    while let Some(event) = run.next().await {
        // A key prints times to the second.
        let json = to_value(&event).unwrap();
        let read: ResizeEvent = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(to_value(read).unwrap(), json);
    }
    let json = to_value(run.await.unwrap()).unwrap();
    let read: ResizeReport = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(to_value(read).unwrap(), json);
}

/// Whether a type is `Serialize`.
struct Probe<T>(PhantomData<T>);

trait Otherwise {
    const SERIALIZES: bool = false;
}

impl<T> Otherwise for Probe<T> {}

impl<T: Serialize> Probe<T> {
    const SERIALIZES: bool = true;
}

#[test]
fn credentials_and_clients_are_not_serialized() {
    const { assert!(!Probe::<Credentials>::SERIALIZES) };
    const { assert!(!Probe::<Client>::SERIALIZES) };
    const { assert!(Probe::<ResizeReport>::SERIALIZES) };
}

#[tokio::test]
async fn the_json_of_an_error_has_no_secret() {
    let echo =
        r#"{"RequestId": "r", "Code": "Odd.topsecret", "Message": "got topsecret and tokentoken"}"#;
    let transport = CannedTransport::new().json(400, echo);
    let credentials = Credentials::new("LTAI", "topsecret").with_security_token("tokentoken");
    let client = Client::builder()
        .region("cn-hangzhou")
        .credentials(credentials)
        .retry(RetryConfig::disabled())
        .transport(transport.clone())
        .build()
        .unwrap();
    let request = ModifyPrepayInstanceSpecRequest::builder(ID, "ecs.g5.xlarge")
        .build()
        .unwrap();
    let error = client
        .modify_prepay_instance_spec(request)
        .await
        .unwrap_err();
    let json = serde_json::to_string(&error).unwrap();
    for text in [json, format!("{:?}", transport.requests())] {
        for secret in ["topsecret", "tokentoken", "LTAI"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
