//! Faults of connections.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::simulator::{Fault, SimulatedInstance, Simulator};

use super::call::Call;

async fn simulator() -> Simulator {
    let simulator = Simulator::start().await;
    simulator.add_instance(SimulatedInstance::new("i-1", "ecs.g5.large"));
    simulator
}

/// Sends a request without a signature, and reads until the connection ends.
fn exchange(simulator: &Simulator) -> (Vec<u8>, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(&simulator.endpoint()["http://".len()..]).unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut bytes = Vec::new();
    let result = stream.read_to_end(&mut bytes);
    (bytes, result.err().map(|error| error.kind()))
}

#[tokio::test]
async fn connections_end_where_the_fault_specifies() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::close_before_response());
    assert_eq!(exchange(&simulator), (Vec::new(), None));

    simulator.fail_next(Fault::close_in_head());
    assert_eq!(exchange(&simulator), (b"HTTP/1.1 400".to_vec(), None));

    simulator.fail_next(Fault::reset());
    assert_eq!(
        exchange(&simulator),
        (Vec::new(), Some(ErrorKind::ConnectionReset))
    );

    simulator.fail_next(Fault::close_in_body());
    let (bytes, error) = exchange(&simulator);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let length = head.split("content-length: ").nth(1).unwrap();
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2);
    assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n") && error.is_none());

    let kinds: Vec<_> = simulator
        .requests()
        .iter()
        .map(|it| (it.fault().unwrap().to_owned(), it.http_status()))
        .collect();
    let expected = [
        ("close_before_response", 0),
        ("close_in_head", 0),
        ("reset", 0),
        ("close_in_body", 400),
    ];
    assert_eq!(
        kinds,
        expected.map(|(kind, status)| (kind.to_owned(), status))
    );
}

#[tokio::test]
async fn only_faults_after_processing_place_the_order() {
    let faults = [
        (Fault::close_before_response(), 0),
        (Fault::reset(), 0),
        (Fault::close_before_response().after_processing(), 1),
        (Fault::reset().after_processing(), 1),
        (Fault::close_in_head(), 1),
        (Fault::close_in_body(), 1),
    ];
    for (fault, orders) in faults {
        let simulator = simulator().await;
        simulator.fail_next(fault.clone());
        assert!(
            Call::change().try_send(&simulator).await.is_err(),
            "{fault:?}"
        );
        assert_eq!(simulator.orders().len(), orders, "{fault:?}");
    }
}

#[tokio::test]
async fn a_response_can_trickle() {
    let simulator = simulator().await;
    let clock = SystemClock::new();
    simulator.fail_next(Fault::trickle(Duration::from_millis(400)));
    let response = Call::change().send(&simulator).await;
    assert_eq!(response.text("OrderId"), simulator.orders()[0].order_id());
    assert!(clock.elapsed() >= Duration::from_millis(380));
}

#[tokio::test]
async fn a_response_can_be_sent_twice_on_an_open_connection() {
    let simulator = simulator().await;
    simulator.fail_next(Fault::duplicate());
    let address = &simulator.endpoint()["http://".len()..];
    let mut stream = TcpStream::connect(address).unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut text = String::new();
    while text.matches("</Error>").count() < 2 {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "the connection ended after: {text}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    let (first, second) = text.split_at(text.len() / 2);
    assert_eq!(first, second);
    // The connection is still served.
    stream.write_all(request).unwrap();
    assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    assert_eq!(simulator.requests().len(), 2);
}

#[tokio::test]
async fn broken_and_oversized_bodies_are_handled() {
    let simulator = simulator().await;
    let address = simulator.endpoint()["http://".len()..].to_owned();
    let rows = [
        (
            "transfer-encoding: chunked",
            "not-a-size\r\n".to_owned(),
            "HTTP/1.1 400",
        ),
        (
            "content-length: 2000000",
            "a".repeat(1_100_000),
            "HTTP/1.1 413",
        ),
    ];
    for (header, body, start) in rows {
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = format!("POST / HTTP/1.1\r\nhost: a\r\n{header}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // The server may close the connection before it has read everything.
        let _ = stream.write_all(body.as_bytes());
        let mut bytes = [0; 12];
        stream.read_exact(&mut bytes).unwrap();
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), start);
    }
    for _ in 0..3 {
        // A body that never comes.
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12";
        stream.write_all(head.as_bytes()).unwrap();
    }
    assert_eq!(Call::change().send(&simulator).await.status, 200);
    assert_eq!(simulator.requests().len(), 1);
}
