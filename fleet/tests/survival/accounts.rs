//! One file with several accounts and regions: each request goes to its region, with the credentials of its profile.

use std::net::SocketAddr;

use aliyun_ecs::simulator::{InstanceStatus, SimulatedInstance, Simulator};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::database::Database;
use crate::world::{check_orders, program, simulator};

/// Forwards each connection to the simulator of the region that its first request names. Profiles share no connection.
async fn route(listener: TcpListener, [hangzhou, beijing]: [SocketAddr; 2]) {
    while let Ok((mut client, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut read = Vec::new();
            let address = loop {
                client.read_buf(&mut read).await.unwrap();
                let text = String::from_utf8_lossy(&read);
                match () {
                    () if text.contains("RegionId=cn-hangzhou") => break hangzhou,
                    () if text.contains("RegionId=cn-beijing") => break beijing,
                    () => {}
                }
            };
            let mut server = TcpStream::connect(address).await.unwrap();
            server.write_all(&read).await.unwrap();
            let _ = copy_bidirectional(&mut client, &mut server).await;
        });
    }
}

#[test]
fn each_resize_runs_in_its_region_with_its_profile() {
    let database = Database::sqlite();
    let runtime = Runtime::new().unwrap();
    // The second account has other credentials: its simulator accepts no request without the token.
    let hangzhou = runtime.block_on(simulator().start()).unwrap();
    let beijing = simulator().region("cn-beijing").security_token("token-b");
    let beijing = runtime.block_on(beijing.start()).unwrap();
    let simulators = [&hangzhou, &beijing];
    let mut csv = "profile,region,instance_id,instance_type\n".to_owned();
    for (simulator, (profile, price)) in simulators
        .iter()
        .zip([("production", 104), ("staging", 66)])
    {
        simulator.set_price("ecs.g5.xlarge", price, Decimal::ZERO);
        for number in 0..6 {
            let region = simulator.region();
            let id = format!("i-{region}-{number}");
            simulator.add_instance(SimulatedInstance::new(&id, "ecs.g5.large").running());
            csv += &format!("{profile},{region},{id},ecs.g5.xlarge\n");
        }
    }
    let folder = database.folder();
    let file = folder.join("instances.csv");
    std::fs::write(&file, csv).unwrap();
    let profile = |name: &str, mode: &str, token: &str| {
        json!({
            "name": name,
            "mode": mode,
            "access_key_id": hangzhou.access_key_id(),
            "access_key_secret": hangzhou.access_key_secret(),
            "sts_token": token,
        })
    };
    let profiles = [
        profile("production", "AK", ""),
        profile("staging", "StsToken", "token-b"),
    ];
    let config = json!({ "current": "production", "profiles": profiles });
    std::fs::create_dir(folder.join(".aliyun")).unwrap();
    std::fs::write(folder.join(".aliyun/config.json"), config.to_string()).unwrap();

    let address = |simulator: &Simulator| {
        let address = simulator.endpoint().trim_start_matches("http://");
        address.parse::<SocketAddr>().unwrap()
    };
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(route(listener, simulators.map(address)));

    let fleet = |arguments: &[&str]| {
        let mut command = program(folder, database.url(), &endpoint, arguments);
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
        assert!(output.status.success(), "{arguments:?}: {}", text.concat());
        text.concat()
    };
    let planned = fleet(&["plan", file.to_str().unwrap(), "--yes"]);
    assert!(planned.contains("total: 1020"), "{planned}");
    fleet(&["run", "--rate", "100"]);
    let report: Value = serde_json::from_str(&fleet(&["report", "--json"])).unwrap();
    assert_eq!(report["groups"]["changed"], 12);
    check_orders(&report, &simulators);
    for simulator in simulators {
        assert_eq!(simulator.orders().len(), 6);
        for order in simulator.orders() {
            let instance = simulator.instance(order.instance_id()).unwrap();
            assert_eq!(instance.effective_type(), "ecs.g5.xlarge");
            assert_eq!(instance.status(), InstanceStatus::Running);
        }
    }
    for job in report["jobs"].as_array().unwrap() {
        let (id, region) = (&job["instance_id"], job["region_id"].as_str().unwrap());
        assert!(id.as_str().unwrap().contains(region), "{job}");
    }
}
