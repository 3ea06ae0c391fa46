//! Every way to fail on the wire, for every kind of operation and both signatures.

use aliyun_ecs::Outcome::{self, NotApplied, Unknown};
use aliyun_ecs::error::TransportErrorKind::{
    self, Connect, IncompleteBody, Protocol, Reset, Timeout,
};

use crate::calls::{Kind, Operation, Row, cases, client};
use crate::support::{Server, Step, order, response, settle};

pub(crate) const HEAD: &str = "HTTP/1.1 200 OK\r\nx-acs-request-id: REQ-9\r\n";
pub(crate) const BODY: &str = r#"{"RequestId":"REQ-9","OrderId":"9"}"#;
pub(crate) const ID: Option<(u16, &str)> = Some((200, "REQ-9"));
/// An order, a write without a token, a read: repeated wherever that is safe.
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

/// The answer arrives, as far as HTTP can tell, but is none.
fn mangled(name: &'static str, step: Step) -> (Row, Step) {
    let (row, step) = row(name, step, Protocol, CAREFUL, Unknown, ID);
    let kind = Kind::Decode;
    (Row { kind, ..row }, step)
}

fn head(rest: &str) -> Vec<u8> {
    format!("{HEAD}{rest}").into_bytes()
}

/// `Server` reads the request, unless the step says otherwise, then does this.
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
        row("reset amid the request",                ResetAmidRequest(64),                                       Reset,    CAREFUL, Unknown, None),
        row("reset before the headers",              RawThenReset(vec![]),                                       Reset,    CAREFUL, Unknown, None),
        row("reset amid the headers",                RawThenReset(HEAD.into()),                                  Reset,    CAREFUL, Unknown, None),
        row("reset after the headers",               RawThenReset(head("content-length: 35\r\n\r\n")),           IncompleteBody, CAREFUL, Unknown, ID),
        row("reset amid the body",                   RawThenReset(sized(whole + 9)),                             IncompleteBody, CAREFUL, Unknown, ID),
        row("closed before the headers",             RawThenClose(vec![]),                                       Reset,    CAREFUL, Unknown, None),
        row("closed amid the status line",           RawThenClose(b"HTTP/1.1 20".to_vec()),                      Reset,    CAREFUL, Unknown, None),
        row("closed amid the headers",               RawThenClose(HEAD.into()),                                  Reset,    CAREFUL, Unknown, None),
        row("closed after the headers",              RawThenClose(head("content-length: 35\r\n\r\n")),           IncompleteBody, CAREFUL, Unknown, ID),
        row("closed amid the body",                  RawThenClose(sized(whole + 1)),                             IncompleteBody, CAREFUL, Unknown, ID),
        row("silence",                               RawThenSilence(vec![]),                                     Timeout,  CAREFUL, Unknown, None),
        row("silence amid the headers",              RawThenSilence(HEAD.into()),                                Timeout,  CAREFUL, Unknown, None),
        row("silence after the headers",             RawThenSilence(head("content-length: 35\r\n\r\n")),         Timeout,  CAREFUL, Unknown, ID),
        row("silence amid the body",                 RawThenSilence(sized(whole + 1)),                           Timeout,  CAREFUL, Unknown, ID),
        row("silence after the last chunk but one",  RawThenSilence(chunked("")),                                Timeout,  CAREFUL, Unknown, ID),
        row("a byte a second, headers",              DripThenSilence(b"HTTP/1.1 20".to_vec()),                   Timeout,  CAREFUL, Unknown, None),
        row("a byte a second, body",                 drip_after(&head("content-length: 35\r\n\r\n"), "{\"Request"), Timeout, CAREFUL, Unknown, ID),
        row("nothing but 100 Continue",              RawThenSilence(continues),                                  Timeout,  CAREFUL, Unknown, None),
        row("a length that is no number",            RawThenClose(head("content-length: 3x\r\n\r\n{}")),         Protocol, CAREFUL, Unknown, None),
        row("two lengths that differ",               RawThenClose(head("content-length: 2\r\ncontent-length: 3\r\n\r\n{}")), Protocol, CAREFUL, Unknown, None),
        row("a length of more than there is memory", RawThenClose(head("content-length: 9223372036854775807\r\n\r\n")), TransportErrorKind::BodyTooLarge, CAREFUL, Unknown, ID),
        row("chunked, closed amid a chunk",          RawThenClose(head("transfer-encoding: chunked\r\n\r\n23\r\n{\"Req")), IncompleteBody, CAREFUL, Unknown, ID),
        row("chunked, closed between chunks",        RawThenClose(chunked("")),                                  IncompleteBody, CAREFUL, Unknown, ID),
        row("chunked, closed amid the last chunk",   RawThenClose(chunked("0\r\n")),                             IncompleteBody, CAREFUL, Unknown, ID),
        row("chunked, a size that is no number",     RawThenClose(head("transfer-encoding: chunked\r\n\r\nxyz\r\n{}")), IncompleteBody, CAREFUL, Unknown, ID),
        row("chunked, a size beyond 64 bits",        RawThenClose(head("transfer-encoding: chunked\r\n\r\n10000000000000000\r\n{}")), IncompleteBody, CAREFUL, Unknown, ID),
        row("another protocol",                      RawThenClose(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()),      Protocol, CAREFUL, Unknown, None),
        row("bytes of no protocol",                  RawThenClose(vec![0xFF; 64]),                               Protocol, CAREFUL, Unknown, None),
        row("another version of HTTP",               RawThenClose(b"HTTP/3.0 200 OK\r\n\r\n".to_vec()),          Protocol, CAREFUL, Unknown, None),
        row("more headers than anybody needs",       RawThenClose(endless),                                      Protocol, CAREFUL, Unknown, None),
        mangled("a length that is too small",        Raw(sized(whole - 1))),
        mangled("a length of zero",                  Raw(sized(0))),
        mangled("cut short without a length",        RawThenClose(head("connection: close\r\n\r\n{\"RequestId\":\"REQ-9\",\"Ord"))),
        mangled("empty without a length",            RawThenClose(head("\r\n"))),
        mangled("compressed, which nobody asked for", response(200, "x-acs-request-id: REQ-9\r\ncontent-encoding: gzip\r\n", [0x1F, 0x8B, 8, 0])),
    ]
}

/// An answer in chunks, all but the end, and then `end`.
fn chunked(end: &str) -> Vec<u8> {
    let length = BODY.len();
    head(&format!(
        "transfer-encoding: chunked\r\n\r\n{length:x}\r\n{BODY}\r\n{end}"
    ))
}

/// The head at once, then a byte at a time.
fn drip_after(head: &[u8], body: &str) -> Step {
    Step::DripThenSilence([head, body.as_bytes()].concat())
}

#[tokio::test]
async fn a_failure_that_lasts_ends_as_the_table_says() {
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
async fn a_transient_failure_costs_one_attempt_where_a_retry_is_safe() {
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
    // Bound, but not listening: nobody else can get the port meanwhile.
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
        assert!(error.to_string().contains("was refused"), "{error}");
    }
}

/// Odd, but an answer: taken at the first attempt, and the next call has its own answer.
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
        ("a byte at a time, in time",             Drip(good().into())),
        ("in chunks, with a trailer",             Raw(chunked("0\r\nx-trailer: 1\r\n\r\n"))),
        ("up to the connection's end",            RawThenClose(head(&format!("connection: close\r\n\r\n{BODY}")))),
        ("HTTP/1.0",                              RawThenClose(format!("HTTP/1.0 200 OK\r\nx-acs-request-id: REQ-9\r\n\r\n{BODY}").into())),
        ("closed right after the answer",         RawThenClose(good().into())),
        ("reset right after the answer",          RawThenReset(good().into())),
        ("garbage behind the answer",             Raw(format!("{}\0\u{1}garbage\r\n\r\n", good()).into())),
        ("a second answer behind the answer",     Raw(format!("{}{smuggled}", good()).into())),
        ("half an answer behind the answer",      Raw(format!("{}{HEAD}", good()).into())),
        ("a second answer, to nobody",            RawThenMore(good().into(), smuggled.into())),
        ("a 408 behind the answer, then closed",  RawThenClose(format!("{}HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n", good()).into())),
    ]
}

#[tokio::test]
async fn unusual_responses_are_accepted_and_the_next_call_gets_its_own() {
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
            // What came with the answer is there already; an end of the connection must be noticed first.
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
async fn a_pooled_connection_that_dies_under_a_request_is_a_failure_like_any_other() {
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
                // It may have been carried out: nothing below this crate may send it again either.
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
