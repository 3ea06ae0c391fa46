//! All failures on the wire, for every kind of operation and both signature versions.

use aliyun_ecs::Outcome::{self, NotApplied, Unknown};
use aliyun_ecs::error::TransportErrorKind::{
    self, Connect, IncompleteBody, Protocol, Reset, Timeout,
};

use crate::calls::{Kind, Operation, Row, cases, client};
use crate::support::{Server, Step, order, response, settle};

pub(crate) const HEAD: &str = "HTTP/1.1 200 OK\r\nx-acs-request-id: REQ-9\r\n";
pub(crate) const BODY: &str = r#"{"RequestId":"REQ-9","OrderId":"9"}"#;
pub(crate) const ID: Option<(u16, &str)> = Some((200, "REQ-9"));
/// The attempts of an order, a write without a token, and a read, each retried where that is safe.
pub(crate) const SAFE: [u32; 3] = [4, 4, 4];
pub(crate) const CAREFUL: [u32; 3] = [4, 1, 4];

pub(crate) fn row(
    name: &'static str,
    step: Step,
    kind: TransportErrorKind,
    attempts: [u32; 3],
    outcome: Outcome,
    head: Option<(u16, &'static str)>,
) -> (Row, Step) {
    let row = Row {
        name,
        kind: Kind::Transport(kind),
        attempts,
        outcome,
        head,
        arrives: !matches!(step, Step::ResetAmidRequest(_)),
    };
    (row, step)
}

/// Valid HTTP, but not a response of the service.
fn mangled(name: &'static str, step: Step) -> (Row, Step) {
    let (row, step) = row(name, step, Protocol, CAREFUL, Unknown, ID);
    let kind = Kind::Decode;
    (Row { kind, ..row }, step)
}

fn head(rest: &str) -> Vec<u8> {
    format!("{HEAD}{rest}").into_bytes()
}

/// The server reads the request, unless the step says otherwise, and then performs the step.
#[rustfmt::skip]
pub(crate) fn table() -> Vec<(Row, Step)> {
    use Step::*;
    let sized = |length: usize| head(&format!("content-length: {length}\r\n\r\n{BODY}"));
    let whole = BODY.len();
    let continues = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000).into_bytes();
    let endless = format!("{HEAD}{}", "x-more: and more\r\n".repeat(200)).into_bytes();
    vec![
        // what happens                              step                                                        kind      attempts  a write   head
        row("reset before the request is read",      ResetAmidRequest(0),                                        Reset,    CAREFUL, Unknown, None),
        row("reset within the request",                ResetAmidRequest(64),                                       Reset,    CAREFUL, Unknown, None),
        row("reset before the headers",              RawThenReset(vec![]),                                       Reset,    CAREFUL, Unknown, None),
        row("reset within the headers",                RawThenReset(HEAD.into()),                                  Reset,    CAREFUL, Unknown, None),
        row("reset after the headers",               RawThenReset(head("content-length: 35\r\n\r\n")),           IncompleteBody, CAREFUL, Unknown, ID),
        row("reset within the body",                   RawThenReset(sized(whole + 9)),                             IncompleteBody, CAREFUL, Unknown, ID),
        row("closed before the headers",             RawThenClose(vec![]),                                       Reset,    CAREFUL, Unknown, None),
        row("closed within the status line",           RawThenClose(b"HTTP/1.1 20".to_vec()),                      Reset,    CAREFUL, Unknown, None),
        row("closed within the headers",               RawThenClose(HEAD.into()),                                  Reset,    CAREFUL, Unknown, None),
        row("closed after the headers",              RawThenClose(head("content-length: 35\r\n\r\n")),           IncompleteBody, CAREFUL, Unknown, ID),
        row("closed within the body",                  RawThenClose(sized(whole + 1)),                             IncompleteBody, CAREFUL, Unknown, ID),
        row("silence",                               RawThenSilence(vec![]),                                     Timeout,  CAREFUL, Unknown, None),
        row("silence within the headers",              RawThenSilence(HEAD.into()),                                Timeout,  CAREFUL, Unknown, None),
        row("silence after the headers",             RawThenSilence(head("content-length: 35\r\n\r\n")),         Timeout,  CAREFUL, Unknown, ID),
        row("silence within the body",                 RawThenSilence(sized(whole + 1)),                           Timeout,  CAREFUL, Unknown, ID),
        row("silence before the last chunk",  RawThenSilence(chunked("")),                                Timeout,  CAREFUL, Unknown, ID),
        row("a byte a second, headers",              DripThenSilence(b"HTTP/1.1 20".to_vec()),                   Timeout,  CAREFUL, Unknown, None),
        row("a byte a second, body",                 drip_after(&head("content-length: 35\r\n\r\n"), "{\"Request"), Timeout, CAREFUL, Unknown, ID),
        row("nothing but 100 Continue",              RawThenSilence(continues),                                  Timeout,  CAREFUL, Unknown, None),
        row("a length that is not a number",            RawThenClose(head("content-length: 3x\r\n\r\n{}")),         Protocol, CAREFUL, Unknown, None),
        row("two lengths that differ",               RawThenClose(head("content-length: 2\r\ncontent-length: 3\r\n\r\n{}")), Protocol, CAREFUL, Unknown, None),
        row("a length that exceeds the memory", RawThenClose(head("content-length: 9223372036854775807\r\n\r\n")), TransportErrorKind::BodyTooLarge, CAREFUL, Unknown, ID),
        row("chunked, closed within a chunk",          RawThenClose(head("transfer-encoding: chunked\r\n\r\n23\r\n{\"Req")), IncompleteBody, CAREFUL, Unknown, ID),
        row("chunked, closed between chunks",        RawThenClose(chunked("")),                                  IncompleteBody, CAREFUL, Unknown, ID),
        row("chunked, closed within the last chunk",   RawThenClose(chunked("0\r\n")),                             IncompleteBody, CAREFUL, Unknown, ID),
        row("chunked, a size that is not a number",     RawThenClose(head("transfer-encoding: chunked\r\n\r\nxyz\r\n{}")), IncompleteBody, CAREFUL, Unknown, ID),
        row("chunked, a size beyond 64 bits",        RawThenClose(head("transfer-encoding: chunked\r\n\r\n10000000000000000\r\n{}")), IncompleteBody, CAREFUL, Unknown, ID),
        row("another protocol",                      RawThenClose(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()),      Protocol, CAREFUL, Unknown, None),
        row("bytes of an unknown protocol",                  RawThenClose(vec![0xFF; 64]),                               Protocol, CAREFUL, Unknown, None),
        row("another version of HTTP",               RawThenClose(b"HTTP/3.0 200 OK\r\n\r\n".to_vec()),          Protocol, CAREFUL, Unknown, None),
        row("too many headers",       RawThenClose(endless),                                      Protocol, CAREFUL, Unknown, None),
        mangled("a length that is too small",        Raw(sized(whole - 1))),
        mangled("a length of zero",                  Raw(sized(0))),
        mangled("cut short without a length",        RawThenClose(head("connection: close\r\n\r\n{\"RequestId\":\"REQ-9\",\"Ord"))),
        mangled("empty without a length",            RawThenClose(head("\r\n"))),
        mangled("compressed, although not requested", response(200, "x-acs-request-id: REQ-9\r\ncontent-encoding: gzip\r\n", [0x1F, 0x8B, 8, 0])),
    ]
}

/// A chunked response without its last chunk, followed by `end`.
fn chunked(end: &str) -> Vec<u8> {
    let length = BODY.len();
    head(&format!(
        "transfer-encoding: chunked\r\n\r\n{length:x}\r\n{BODY}\r\n{end}"
    ))
}

/// The head at once, then byte by byte.
fn drip_after(head: &[u8], body: &str) -> Step {
    Step::DripThenSilence([head, body.as_bytes()].concat())
}

#[tokio::test]
async fn a_permanent_failure_has_the_expected_error() {
    for (row, step) in table() {
        for (version, operation) in cases() {
            let server = Server::start(vec![step.clone(); 4]).await;
            let client = client(server.builder(), version);
            let error = operation.call(&client).await.unwrap_err();
            row.check(&server, operation, &error, &format!("{version:?}"));
        }
    }
}

#[tokio::test]
async fn a_transient_failure_is_retried_where_that_is_safe() {
    for (row, step) in table() {
        for (version, operation) in cases() {
            let label = format!("{} | {version:?} | {operation:?}", row.name);
            let server = Server::start([step.clone(), order("42")]).await;
            let client = client(server.builder(), version);
            let result = operation.call(&client).await;
            if row.attempts[operation as usize] == 1 {
                assert_eq!(result.unwrap_err().attempts(), 1, "{label}");
                assert!(server.seen().len() <= 1, "{label}");
                continue;
            }
            assert_eq!(result.unwrap(), "42", "{label}");
            let arrived = if row.arrives { 2 } else { 1 };
            assert_eq!(server.seen().len(), arrived, "{label}");
            assert_eq!(server.nonces(), arrived, "{label}");
            let token = (operation == Operation::Order).then_some("token-1");
            assert_eq!(server.tokens(), Vec::from_iter(token), "{label}");
        }
    }
}

#[tokio::test]
async fn a_refused_connection_means_that_nothing_was_sent() {
    // Bound, but not listening, so that no other process can use the port meanwhile.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = format!("http://{}", socket.local_addr().unwrap());
    let (row, _) = row(
        "refused",
        Step::ResetAmidRequest(0),
        Connect,
        SAFE,
        NotApplied,
        None,
    );
    for (version, operation) in cases() {
        let server = Server::start([]).await;
        let client = client(server.builder().endpoint(&endpoint), version);
        let error = operation.call(&client).await.unwrap_err();
        row.check(&server, operation, &error, &format!("{version:?}"));
        assert!(error.to_string().contains("connection refused"), "{error}");
    }
}

/// Unusual but valid responses: the first attempt succeeds, and the next call gets its own response.
#[rustfmt::skip]
fn harmless() -> Vec<(&'static str, Step)> {
    use Step::*;
    let good = || format!("{HEAD}content-length: {}\r\n\r\n{BODY}", BODY.len());
    let other = BODY.replace('9', "666");
    let smuggled = format!("{HEAD}content-length: {}\r\n\r\n{other}", other.len());
    vec![
        ("100 Continue first",                    Raw(format!("HTTP/1.1 100 Continue\r\n\r\n{}", good()).into())),
        ("103 Early Hints first",                 Raw(format!("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{}", good()).into())),
        ("100 Continue many times",               Raw(format!("{}{}", "HTTP/1.1 100 Continue\r\n\r\n".repeat(50), good()).into())),
        ("byte by byte, in time",                 Drip(good().into())),
        ("in chunks, with a trailer",             Raw(chunked("0\r\nx-trailer: 1\r\n\r\n"))),
        ("up to the connection's end",            RawThenClose(head(&format!("connection: close\r\n\r\n{BODY}")))),
        ("HTTP/1.0",                              RawThenClose(format!("HTTP/1.0 200 OK\r\nx-acs-request-id: REQ-9\r\n\r\n{BODY}").into())),
        ("closed right after the response",         RawThenClose(good().into())),
        ("reset right after the response",          RawThenReset(good().into())),
        ("garbage after the response",             Raw(format!("{}\0\u{1}garbage\r\n\r\n", good()).into())),
        ("a second response after the response",     Raw(format!("{}{smuggled}", good()).into())),
        ("half a response after the response",      Raw(format!("{}{HEAD}", good()).into())),
        ("a second response without a request",            RawThenMore(good().into(), smuggled.into())),
        ("a 408 after the response, then closed",  RawThenClose(format!("{}HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n", good()).into())),
    ]
}

#[tokio::test]
async fn unusual_responses_are_accepted_and_do_not_affect_the_next_call() {
    for (name, step) in harmless() {
        for (version, operation) in cases() {
            let label = format!("{name} | {version:?} | {operation:?}");
            let server = Server::start([step.clone(), order("10")]).await;
            let client = client(server.builder(), version);
            let first = operation
                .call(&client)
                .await
                .unwrap_or_else(|error| panic!("{label}: {error:?}"));
            assert_eq!(first, "9", "{label}");
            assert_eq!(server.seen().len(), 1, "{label}");
            // Bytes after the response have already arrived, but the client must first notice the end of the
            // connection.
            if !matches!(step, Step::Raw(_)) {
                for _ in 0..5 {
                    settle().await;
                }
            }
            // The server has closed the pooled connection, or has made it unusable.
            let second = operation
                .call(&client)
                .await
                .unwrap_or_else(|error| panic!("{label}: {error:?}"));
            assert_eq!(second, "10", "{label}");
            assert_eq!(server.seen().len(), 2, "{label}");
            assert_eq!(server.nonces(), 2, "{label}");
        }
    }
}

#[tokio::test]
async fn a_pooled_connection_that_is_closed_during_a_request_is_an_ordinary_failure() {
    for end in [
        Step::RawThenClose(Vec::new()),
        Step::RawThenReset(Vec::new()),
    ] {
        for (version, operation) in cases() {
            let server = Server::start([order("1"), end.clone(), order("2")]).await;
            let client = client(server.builder(), version);
            assert_eq!(operation.call(&client).await.unwrap(), "1");
            let second = operation.call(&client).await;
            match operation {
                // The request may have been processed, so the HTTP client must not retry it either.
                Operation::Stop => {
                    let error = second.unwrap_err();
                    assert_eq!((error.attempts(), error.outcome()), (1, Unknown));
                    assert_eq!(server.seen().len(), 2);
                }
                Operation::Order | Operation::Read => {
                    assert_eq!(second.unwrap(), "2");
                    assert_eq!((server.seen().len(), server.nonces()), (3, 3));
                }
            }
        }
    }
}
