//! The three kinds of operations, and the expected result of each.

use std::error::Error as _;
use std::time::Duration;

use aliyun_ecs::error::TransportErrorKind;
use aliyun_ecs::{
    CallOptions, Client, ClientBuilder, Error, ErrorKind, Outcome, RpcRequest, SignatureVersion,
};
use serde_json::Value;

use crate::support::{Server, request};

pub(crate) const VERSIONS: [SignatureVersion; 2] = [SignatureVersion::V1, SignatureVersion::V3];

/// The kinds of operations with different retry behavior.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A write with a client token: an order.
    Order,
    /// A write without one.
    Stop,
    Read,
}

impl Operation {
    pub(crate) const ALL: [Self; 3] = [Self::Order, Self::Stop, Self::Read];

    /// Calls the operation. Returns the order id of a successful response.
    pub(crate) async fn call(self, client: &Client) -> Result<String, Error> {
        let rpc = match self {
            Self::Order => {
                let response = client.modify_prepay_instance_spec(request()).await?;
                return Ok(response.order_id.as_deref().unwrap_or_default().to_owned());
            }
            Self::Stop => RpcRequest::<Value>::new("StopInstance").param("InstanceId", "i-1"),
            Self::Read => RpcRequest::new("DescribeRegions").read_only(),
        };
        let response = client.call(rpc, CallOptions::default()).await?;
        Ok(response["OrderId"].as_str().unwrap_or_default().to_owned())
    }
}

/// The kind of the error of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Transport(TransportErrorKind),
    Decode,
    Other,
}

impl Kind {
    fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Transport(error) => Self::Transport(error.kind()),
            ErrorKind::Decode(_) => Self::Decode,
            _ => Self::Other,
        }
    }
}

/// A row of a table: a failure on the wire, and the error that the caller receives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// For an order, a write without a token, and a read.
    pub(crate) attempts: [u32; 3],
    /// For a write.
    pub(crate) outcome: Outcome,
    /// Status and request id, if the response head arrived.
    pub(crate) head: Option<(u16, &'static str)>,
    /// Whether the server receives complete requests.
    pub(crate) arrives: bool,
}

impl Row {
    /// Checks the error of a call of `operation` in which every attempt failed in this way.
    pub(crate) fn check(&self, server: &Server, operation: Operation, error: &Error, label: &str) {
        let label = &format!("{} | {operation:?} | {label} | {error}", self.name);
        let attempts = self.attempts[operation as usize];
        assert_eq!(Kind::of(error), self.kind, "{label}");
        assert_eq!(error.attempts(), attempts, "{label}");
        let outcome = match operation {
            Operation::Read => Outcome::NotApplied,
            Operation::Order | Operation::Stop => self.outcome,
        };
        assert_eq!(error.outcome(), outcome, "{label}");
        let head = error.http_status().zip(error.request_id());
        assert_eq!(head, self.head, "{label}");

        let token = (operation == Operation::Order).then_some("token-1");
        assert_eq!(error.client_token().map(|t| t.as_str()), token, "{label}");
        if self.arrives {
            assert_eq!(server.seen().len(), attempts as usize, "{label}");
            assert_eq!(server.nonces(), attempts as usize, "{label}");
            assert_eq!(server.tokens(), Vec::from_iter(token), "{label}");
        } else {
            assert!(server.seen().is_empty(), "{label}");
        }

        // No wait exceeds the timeout of the call, the timeout of an attempt, or the maximum backoff.
        let (waits, limits) = (server.clock.waits(), server.clock.limits());
        assert!(error.elapsed() <= Duration::from_secs(60), "{label}");
        assert_eq!(waits.len(), attempts as usize - 1, "{label}: {waits:?}");
        for (wait, bound) in waits.iter().zip([200, 400, 800]) {
            assert!(*wait <= Duration::from_millis(bound), "{label}: {waits:?}");
        }
        assert!(limits.len() <= attempts as usize, "{label}: {limits:?}");
        for limit in limits {
            assert!(limit <= Duration::from_secs(15), "{label}: {limit:?}");
        }

        let text = error.to_string();
        assert!(!text.contains(['\n', '\r']), "{label}");
        let warns = text.contains("outcome unknown");
        assert_eq!(warns, outcome == Outcome::Unknown, "{label}");
        use TransportErrorKind::{BodyTooLarge, Timeout};
        let own_limit = [Timeout, BodyTooLarge]
            .map(Kind::Transport)
            .contains(&self.kind);
        let has_cause = matches!(error.kind(), ErrorKind::Transport(_)) && !own_limit;
        assert_eq!(error.source().is_some(), has_cause, "{label}: the cause");
    }
}

/// A client of `builder` for each version and operation.
pub(crate) fn cases() -> impl Iterator<Item = (SignatureVersion, Operation)> {
    let all = |version| Operation::ALL.map(|operation| (version, operation));
    VERSIONS.into_iter().flat_map(all)
}

pub(crate) fn client(builder: ClientBuilder, version: SignatureVersion) -> Client {
    builder.signature_version(version).build().unwrap()
}
