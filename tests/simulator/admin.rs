//! The admin API, as a program in another language uses it.

use std::collections::BTreeSet;

use aliyun_ecs::simulator::{InstanceStatus, OrderStatus, SimulatedInstance, Simulator};
use serde_json::{Value, json};

use super::call::Call;

/// Sends an admin request.
async fn send(simulator: &Simulator, method: &str, path: &str, body: Value) -> (u16, Value) {
    let http = crate::http::builder().build().unwrap();
    let url = format!("{}/_simulator{path}", simulator.endpoint());
    let request = http.request(method.parse().unwrap(), url);
    let response = request.body(body.to_string()).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"));
    (status, value)
}

/// Sends an admin request that succeeds.
async fn ok(simulator: &Simulator, method: &str, path: &str, body: Value) -> Value {
    let (status, value) = send(simulator, method, path, body).await;
    assert_eq!(status, 200, "{method} {path}: {value}");
    value
}

async fn get(simulator: &Simulator, path: &str) -> Value {
    ok(simulator, "GET", path, Value::Null).await
}

async fn post(simulator: &Simulator, path: &str, body: Value) -> Value {
    ok(simulator, "POST", path, body).await
}

async fn with_instance() -> Simulator {
    let simulator = Simulator::start().await;
    let instance = json!({"instance_id": "i-1", "instance_type": "ecs.g5.large"});
    post(&simulator, "/instances", instance).await;
    simulator
}

#[tokio::test]
async fn instances_are_created_read_changed_and_removed() {
    let simulator = with_instance().await;
    let instance = get(&simulator, "/instances/i-1").await;
    assert_eq!(instance["status"], "Running");
    let patch = json!({"status": "Stopped", "tags": {"env": "test"}, "hides_reboots": true});
    let changed = ok(&simulator, "PATCH", "/instances/i-1", patch).await;
    assert_eq!(changed["tags"]["env"], "test");
    let own = simulator.instance("i-1").unwrap();
    assert_eq!(own.status(), InstanceStatus::Stopped);
    assert_eq!(own.tags()["env"], "test");
    let list = get(&simulator, "/instances").await;
    assert_eq!(list["instances"].as_array().unwrap().len(), 1);
    ok(&simulator, "DELETE", "/instances/i-1", Value::Null).await;
    assert!(simulator.instance("i-1").is_none());
}

#[tokio::test]
async fn types_have_stock_prices_and_a_quota() {
    let simulator = with_instance().await;
    let path = "/instance-types/ecs.g5.xlarge";
    ok(&simulator, "PATCH", path, json!({"sold_out": true})).await;
    let response = Call::change().send(&simulator).await;
    response.rejected(403, "OperationDenied.NoStock", "");
    let patch = json!({"sold_out": false, "change_price": {"original": 100, "discount": "20.5"}});
    ok(&simulator, "PATCH", path, patch).await;
    ok(&simulator, "PATCH", "/settings", json!({"vcpu_quota": 1})).await;
    let response = Call::change().send(&simulator).await;
    response.rejected(403, "QuotaExceed.ElasticQuota", "");
    ok(
        &simulator,
        "PATCH",
        "/settings",
        json!({"vcpu_quota": null}),
    )
    .await;
    assert_eq!(Call::change().send(&simulator).await.status, 200);
    assert_eq!(
        get(&simulator, "/orders").await["orders"][0]["price"],
        "79.5"
    );

    let added = json!({"name": "ecs.own.large", "vcpus": 2, "memory_gib": 4});
    let added = post(&simulator, "/instance-types", added).await;
    assert_eq!(added["sold_out"], false);
    let image = json!({"image_id": "m-1", "windows": true, "marketplace_price": 5});
    assert_eq!(
        post(&simulator, "/images", image).await["nvme_support"],
        true
    );
}

#[tokio::test]
async fn orders_are_paid_cancelled_and_failed() {
    let simulator = with_instance().await;
    let unpaid = || Call::change().with("AutoPay", "false");
    let mut ids = Vec::new();
    for action in ["cancel", "fail", "pay"] {
        let id = unpaid().send(&simulator).await.text("OrderId");
        assert_eq!(
            get(&simulator, &format!("/orders/{id}")).await["status"],
            "unpaid"
        );
        let path = format!("/orders/{id}/{action}");
        post(&simulator, &path, Value::Null).await;
        let (status, error) = send(&simulator, "POST", &path, Value::Null).await;
        assert_eq!(status, 409, "{error}");
        ids.push(id);
    }
    let statuses: Vec<OrderStatus> = simulator.orders().iter().map(|it| it.status()).collect();
    let expected = [
        OrderStatus::Cancelled,
        OrderStatus::Failed,
        OrderStatus::Processed,
    ];
    assert_eq!(statuses, expected);
    let other = get(&simulator, "/orders?instance_id=i-2").await;
    assert_eq!(other["orders"], json!([]));
}

#[tokio::test]
async fn faults_are_queued_listed_and_discarded() {
    let simulator = with_instance().await;
    let faults = json!([
        {"kind": "gateway_html", "http_status": 502, "after_processing": true, "times": 2},
        {"kind": "unpaid_order"},
    ]);
    post(&simulator, "/faults", faults).await;
    assert_eq!(Call::change().send(&simulator).await.status, 502);
    assert_eq!(simulator.orders()[0].status(), OrderStatus::Abnormal);
    let left = get(&simulator, "/faults").await;
    assert_eq!(
        (&left["faults"][0]["times"], &left["faults"][1]),
        (&json!(1), &Value::Null)
    );
    ok(&simulator, "DELETE", "/faults", Value::Null).await;
    assert_ne!(Call::change().send(&simulator).await.status, 502);
    // One invalid fault queues none.
    let faults = json!([{"kind": "reset"}, {"kind": "rset"}]);
    let (status, error) = send(&simulator, "POST", "/faults", faults).await;
    assert_eq!(status, 400, "{error}");
    assert_eq!(get(&simulator, "/faults").await["faults"], json!([]));
}

#[tokio::test]
async fn the_journal_is_filtered_and_emptied() {
    let simulator = with_instance().await;
    let mut wrong = Call::v1("DescribeRegions");
    wrong.secret = "wrong".to_owned();
    wrong.send(&simulator).await;
    Call::change().send(&simulator).await;
    Call::v1("DescribeRegions").send(&simulator).await;
    let numbers = async |query: &str| {
        let response = get(&simulator, &format!("/requests{query}")).await;
        let list = response["requests"].as_array().unwrap().clone();
        list.iter()
            .map(|it| it["number"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers("").await, [1, 2, 3]);
    assert_eq!(numbers("?action=DescribeRegions").await, [1, 3]);
    assert_eq!(numbers("?verified=false").await, [1]);
    assert_eq!(numbers("?error_code=SignatureDoesNotMatch").await, [1]);
    assert_eq!(numbers("?http_status=200&after=2").await, [3]);
    assert_eq!(numbers("?limit=2").await, [1, 2]);
    let first = &get(&simulator, "/requests?after=1").await["requests"][0];
    assert_eq!(first["parameters"]["InstanceType"], "ecs.g5.xlarge");
    assert_eq!(first["parameters"]["Signature"], "[redacted]");
    ok(&simulator, "DELETE", "/requests", Value::Null).await;
    Call::v1("DescribeRegions").send(&simulator).await;
    assert_eq!(numbers("").await, [4]);
}

#[tokio::test]
async fn advancing_the_world_does_not_affect_signatures() {
    let simulator = with_instance().await;
    let settings = json!({"order_processing_ms": 3_600_000});
    ok(&simulator, "PATCH", "/settings", settings).await;
    Call::change().send(&simulator).await;
    assert_eq!(simulator.orders()[0].status(), OrderStatus::Processing);
    post(&simulator, "/time", json!({"advance_seconds": 3_600})).await;
    assert_eq!(simulator.orders()[0].status(), OrderStatus::Processed);
    assert_eq!(
        Call::v1("DescribeRegions").send(&simulator).await.status,
        200
    );
    let time = post(
        &simulator,
        "/time",
        json!({"gateway_offset_seconds": -1_200}),
    )
    .await;
    assert_eq!(
        (&time["gateway_offset_seconds"], &time["offset_seconds"]),
        (&json!(-1_200.0), &json!(3_600.0))
    );
    let response = Call::v1("DescribeRegions").send(&simulator).await;
    response.rejected(400, "InvalidTimeStamp.Expired", "");
}

#[tokio::test]
async fn a_world_is_saved_loaded_and_reset() {
    let simulator = with_instance().await;
    let settings = json!({"order_processing_ms": 60_000, "read_lag_ms": 0});
    ok(&simulator, "PATCH", "/settings", settings).await;
    post(
        &simulator,
        "/faults",
        json!({"kind": "trickle", "duration_ms": 5}),
    )
    .await;
    let call = || Call::change().with("ClientToken", "t");
    let order_id = call().send(&simulator).await.text("OrderId");
    post(
        &simulator,
        "/faults",
        json!({"kind": "reset", "action": "DescribeRegions"}),
    )
    .await;
    let saved = get(&simulator, "/snapshot").await;

    let other = Simulator::start().await;
    ok(&other, "PUT", "/snapshot", saved.clone()).await;
    assert_eq!(get(&other, "/snapshot").await, saved);
    // The order, its client token and what is due are there.
    assert_eq!(call().send(&other).await.text("OrderId"), order_id);
    post(&other, "/time", json!({"advance_seconds": 60})).await;
    assert_eq!(other.orders()[0].status(), OrderStatus::Processed);
    assert_eq!(
        other.instance("i-1").unwrap().instance_type(),
        "ecs.g5.xlarge"
    );

    post(&other, "/reset", Value::Null).await;
    assert!(other.instance("i-1").is_none() && other.orders().is_empty());
    assert!(other.requests().is_empty());

    let builder = Simulator::builder()
        .snapshot(saved.to_string())
        .region("cn-beijing");
    let third = builder.start().await.unwrap();
    assert_eq!(third.region(), "cn-beijing");
    third.add_instance(SimulatedInstance::new("i-2", "ecs.g5.large"));
    third.reset();
    assert!(third.instance("i-1").is_some() && third.instance("i-2").is_none());
}

#[tokio::test]
async fn errors_name_the_mistake_and_change_nothing() {
    let simulator = with_instance().await;
    let before = simulator.snapshot();
    let rows = [
        (
            "POST",
            "/instances",
            json!({"instance_id": "i-2"}),
            400,
            "instance_type",
        ),
        (
            "POST",
            "/instances",
            json!({"instance_id": "i-2", "instance_type": "t", "sttus": 1}),
            400,
            "sttus",
        ),
        (
            "PATCH",
            "/instances/i-1",
            json!({"status": "Asleep"}),
            400,
            "Asleep",
        ),
        ("PATCH", "/instances/i-9", json!({}), 404, "i-9"),
        (
            "PATCH",
            "/instances/i-1",
            json!({"instance_id": "i-2"}),
            400,
            "instance_id",
        ),
        ("PATCH", "/settings", json!({"sped": 2}), 400, "sped"),
        ("PATCH", "/settings", json!([]), 400, "object"),
        ("PUT", "/snapshot", json!({"instancs": []}), 400, "instancs"),
        (
            "PUT",
            "/snapshot",
            json!({"faults": [{"kind": "x"}]}),
            400,
            "kind",
        ),
        (
            "POST",
            "/time",
            json!({"advance_seconds": -1}),
            400,
            "advance_seconds",
        ),
        ("GET", "/orders/1", Value::Null, 404, "order"),
        ("GET", "/requests?actoin=x", Value::Null, 400, "actoin"),
        ("GET", "/requests?limit=x", Value::Null, 400, "limit"),
        ("GET", "/nothing", Value::Null, 404, "openapi.json"),
        ("PUT", "/instances", Value::Null, 404, "PUT"),
    ];
    for (method, path, body, status, named) in rows {
        let (own, error) = send(&simulator, method, path, body).await;
        assert_eq!(own, status, "{method} {path}: {error}");
        let text = error["error"].as_str().unwrap();
        assert!(text.contains(named), "{method} {path}: {text}");
    }
    assert_eq!(simulator.snapshot(), before);
}

#[tokio::test]
async fn web_pages_are_rejected() {
    let simulator = with_instance().await;
    let http = crate::http::builder().build().unwrap();
    let url = format!("{}/_simulator/health", simulator.endpoint());
    for (name, value) in [
        ("origin", "http://localhost"),
        ("host", "evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let response = http.get(&url).header(name, value).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 403, "{name}");
    }
    // The endpoint itself is not limited: clients address it by any name.
    let request = http.get(simulator.endpoint()).header("host", "ecs.example");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 400);
}

#[tokio::test]
async fn the_openapi_document_has_every_operation_and_field() {
    let simulator = with_instance().await;
    Call::change().send(&simulator).await;
    let document = get(&simulator, "/openapi.json").await;
    let order = simulator.orders()[0].order_id().to_owned();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let id = if path.starts_with("/orders") {
            &order
        } else {
            "i-1"
        };
        let concrete = path.replace("{id}", id).replace("{name}", "ecs.g5.large");
        for method in methods.as_object().unwrap().keys() {
            if ["/reset", "/snapshot"].contains(&&**path) || method == "delete" {
                continue;
            }
            let method = method.to_uppercase();
            let (status, value) = send(&simulator, &method, &concrete, json!({})).await;
            assert_ne!(status, 404, "{method} {path}: {value}");
        }
    }
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    for (schema, value) in [
        ("Health", get(&simulator, "/health").await),
        ("Instance", get(&simulator, "/instances/i-1").await),
        (
            "Disk",
            get(&simulator, "/instances/i-1").await["disks"][0].clone(),
        ),
        (
            "InstanceType",
            get(&simulator, "/instance-types/ecs.g5.large").await,
        ),
        (
            "Image",
            get(&simulator, "/images").await["images"][0].clone(),
        ),
        (
            "Order",
            get(&simulator, "/orders").await["orders"][0].clone(),
        ),
        (
            "Request",
            get(&simulator, "/requests").await["requests"][0].clone(),
        ),
        ("Settings", get(&simulator, "/settings").await),
        ("Time", get(&simulator, "/time").await),
        ("Snapshot", get(&simulator, "/snapshot").await),
    ] {
        let properties = &document["components"]["schemas"][schema]["properties"];
        assert_eq!(keys(properties), keys(&value), "{schema}");
    }
}
