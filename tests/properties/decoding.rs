//! Every response is decoded or rejected with an error of one line. Nothing panics.

use aliyun_ecs::ErrorKind;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::{Memory, OPERATIONS, call, config, is_one_line, texts};

const STATUSES: [u16; 10] = [200, 204, 302, 400, 403, 408, 429, 500, 503, 504];

/// Tokens of responses, in both formats.
const TOKENS: [&str; 58] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "1e400",
    "-0.5",
    "7",
    "\"x\"",
    "\\u00",
    "\\ud83d",
    "\"RequestId\":",
    "\"OrderId\":",
    "\"Code\":",
    "\"Message\":",
    "\"Error\":",
    "\"AccessDeniedDetail\":",
    "\"Instances\":",
    "\"Instance\":",
    "\"InstanceId\":",
    "\"InstanceTypes\":",
    "\"AvailableZones\":",
    "\"PriceInfo\":",
    "\"Price\":",
    "\"TradePrice\":",
    "\"Regions\":",
    "\"StartTime\":",
    "\"Tags\":",
    "<",
    ">",
    "</",
    "/>",
    "<R>",
    "</R>",
    "<RequestId>",
    "</RequestId>",
    "<Code>",
    "</Code>",
    "<Error>",
    "</Error>",
    "<Instances>",
    "</Instances>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml",
    "?>",
    "&amp;",
    "&#0;",
    "&#x110000;",
    "&x;",
    "\u{feff}",
    "\u{2028}",
];

/// Decodes one response with one operation.
fn holds(operation: &str, status: u16, body: &[u8]) -> Result<(), TestCaseError> {
    let memory = Memory::default();
    memory.response(status, body.to_vec());
    let client = memory.builder().build().unwrap();
    if let Err(error) = call(&client, operation) {
        for text in texts(&error) {
            prop_assert!(is_one_line(&text), "{text:?}");
            prop_assert!(text.chars().count() < 4_000, "{text}");
        }
        // Every error keeps the status of the response.
        prop_assert_eq!(error.http_status(), Some(status), "{}", error);
        prop_assert!(
            matches!(error.kind(), ErrorKind::Decode(_) | ErrorKind::Service(_)),
            "{error:?}"
        );
    }
    Ok(())
}

/// The documented responses and some errors, in both formats, each with its operation.
fn valid() -> Vec<(String, Vec<u8>)> {
    let examples: serde_json::Value =
        serde_json::from_str(include_str!("../data/companion_examples.json")).unwrap();
    let mut all = Vec::new();
    for (action, formats) in examples.as_object().unwrap() {
        for example in formats
            .as_object()
            .unwrap()
            .values()
            .flat_map(|e| e.as_array().unwrap())
        {
            let text = example
                .as_str()
                .map_or_else(|| example.to_string(), str::to_owned);
            all.push((action.clone(), text.into_bytes()));
        }
    }
    assert!(all.len() > 15);
    for body in [
        r#"{"RequestId":"R","OrderId":1111111111111111111111110}"#,
        r#"{"Code":"Forbidden.RAM","Message":"no","RequestId":"R","HostId":"h","Recommend":"u","AccessDeniedDetail":{"AuthAction":"a","AuthPrincipalOwnerId":1}}"#,
        r#"{"RequestId":"R","Error":{"Code":"InternalError","Message":"no"}}"#,
        "<R xmlns='u'><OrderId>1</OrderId><RequestId><![CDATA[R]]></RequestId></R>",
        "<Error><Code>Forbidden.RAM</Code><Message>a &amp; b</Message><RequestId>R</RequestId></Error>",
    ] {
        all.push((
            "ModifyPrepayInstanceSpec".to_owned(),
            body.as_bytes().to_vec(),
        ));
    }
    all
}

/// One change to a body.
#[derive(Debug, Clone)]
enum Mutation {
    Set(Index, u8),
    Cut(Index, Index),
    Repeat(Index, Index),
    End(Index),
    Insert(Index, &'static str),
}

impl Mutation {
    fn apply(&self, body: &mut Vec<u8>) {
        let places = body.len() + 1;
        let range = |a: &Index, b: &Index| {
            let (a, b) = (a.index(places), b.index(places));
            a.min(b)..a.max(b)
        };
        match self {
            Self::Set(at, byte) if !body.is_empty() => body[at.index(places - 1)] = *byte,
            Self::Set(..) => {}
            Self::Cut(a, b) => drop(body.drain(range(a, b))),
            Self::Repeat(a, b) => {
                let range = range(a, b);
                let (at, part) = (range.end, body[range].to_vec());
                drop(body.splice(at..at, part));
            }
            Self::End(at) => body.truncate(at.index(places)),
            Self::Insert(at, token) => {
                let at = at.index(places);
                drop(body.splice(at..at, token.bytes()));
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (at(), at()).prop_map(|(a, b)| Mutation::Cut(a, b)),
        (at(), at()).prop_map(|(a, b)| Mutation::Repeat(a, b)),
        at().prop_map(Mutation::End),
        (at(), select(&TOKENS[..])).prop_map(|(at, token)| Mutation::Insert(at, token)),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_bytes_are_decoded_or_rejected(
        operation in select(&OPERATIONS[..]),
        status in select(&STATUSES[..]),
        body in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        holds(operation, status, &body)?;
    }

    #[test]
    fn arbitrary_token_sequences_are_decoded_or_rejected(
        operation in select(&OPERATIONS[..]),
        status in select(&STATUSES[..]),
        start in select(&["{", "<R>", ""][..]),
        tokens in prop::collection::vec(select(&TOKENS[..]), 0..40),
    ) {
        holds(operation, status, (start.to_owned() + &tokens.concat()).as_bytes())?;
    }

    #[test]
    fn damaged_responses_are_decoded_or_rejected(
        (action, body) in select(valid()),
        other in prop::option::weighted(0.2, select(&OPERATIONS[..])),
        status in select(&STATUSES[..]),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let mut damaged = body;
        mutations.iter().for_each(|mutation| mutation.apply(&mut damaged));
        holds(other.unwrap_or(&action), status, &damaged)?;
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for (open, close) in [
        ("{\"Error\":", "}"),
        ("{\"Code\":", "}"),
        ("{\"A\":[", "]}"),
        ("<Error>", "</Error>"),
        ("<A>", "</A>"),
    ] {
        let deep = |inner: &str| open.repeat(50_000) + inner + &close.repeat(50_000);
        for operation in ["DescribeInstances", "Any"] {
            for status in [200, 403] {
                let inner = if open.starts_with('<') { "" } else { "{}" };
                holds(operation, status, deep(inner).as_bytes()).unwrap();
                holds(operation, status, open.repeat(50_000).as_bytes()).unwrap();
            }
        }
    }
}
