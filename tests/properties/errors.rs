//! The text of every error is one line, and no error shows a secret, in any escaping.

use aliyun_ecs::error::{CredentialsError, ServiceError, TransportError, TransportErrorKind};
use aliyun_ecs::resize::ResumeKey;
use aliyun_ecs::types::{ClientToken, InstanceId, InstanceType, RegionId};
use aliyun_ecs::{
    Credentials, Error, ErrorKind, ModifyPrepayInstanceSpecRequest, Resize, RpcRequest,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{Memory, OPERATIONS, any_text, call, config, is_one_line, ready, texts};

/// A reversible escaping of a text.
#[derive(Debug, Clone, Copy)]
enum Escape {
    Percent,
    LowerPercent,
    Json,
    Decimal,
    Hexadecimal,
    /// The URL-safe alphabet of base64, which is read as the standard one.
    UrlSafe,
    /// Form decoding of text that was not encoded.
    Form,
}

/// The escapes that are removed when a text is read.
const ESCAPES: [Escape; 5] = [
    Escape::Percent,
    Escape::LowerPercent,
    Escape::Json,
    Escape::Decimal,
    Escape::Hexadecimal,
];

impl Escape {
    fn write(self, text: &str) -> String {
        match self {
            Self::UrlSafe => {
                return text
                    .trim_end_matches('=')
                    .replace('+', "-")
                    .replace('/', "_");
            }
            Self::Form => return text.replace('+', " "),
            _ => {}
        }
        let escaped = |c: char| match self {
            Self::Percent => format!("%{:02X}", u32::from(c)),
            Self::LowerPercent => format!("%{:02x}", u32::from(c)),
            Self::Json => format!("\\u{:04x}", u32::from(c)),
            Self::Decimal => format!("&#{};", u32::from(c)),
            Self::Hexadecimal => format!("&#x{:X};", u32::from(c)),
            Self::UrlSafe | Self::Form => c.to_string(),
        };
        text.chars()
            .map(|c| match c.is_ascii_alphanumeric() {
                true => c.to_string(),
                false => escaped(c),
            })
            .collect()
    }

    fn read(self, text: &str) -> String {
        let (start, end, radix) = match self {
            Self::Percent | Self::LowerPercent => ("%", "", 16),
            Self::Json => ("\\u", "", 16),
            Self::Decimal => ("&#", ";", 10),
            Self::Hexadecimal => ("&#x", ";", 16),
            Self::UrlSafe | Self::Form => return text.to_owned(),
        };
        let digits = if matches!(self, Self::Json) { 4 } else { 2 };
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(start) {
            let (before, escape) = rest.split_at(at);
            out.push_str(before);
            let tail = &escape[start.len()..];
            let number = match end {
                "" => tail.get(..digits),
                end => tail.split_once(end).map(|(number, _)| number),
            };
            let read =
                number.and_then(|number| Some((number, u32::from_str_radix(number, radix).ok()?)));
            match read.and_then(|(number, code)| Some((number, char::from_u32(code)?))) {
                Some((number, c)) => {
                    out.push(c);
                    rest = &tail[number.len() + end.len()..];
                }
                None => {
                    out.push_str(start);
                    rest = tail;
                }
            }
        }
        out + rest
    }
}

/// All readings of a text with up to three layers of escapes removed.
fn readings(text: &str) -> Vec<String> {
    let mut all = vec![text.to_owned()];
    let mut newest = all.clone();
    for _ in 0..3 {
        let read = newest
            .iter()
            .flat_map(|text| ESCAPES.map(|escape| escape.read(text)));
        newest = read.filter(|text| !all.contains(text)).collect();
        newest.sort();
        newest.dedup();
        all.extend(newest.iter().cloned());
    }
    all
}

/// A secret like those of the service: base64 characters, long enough to be unique.
fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9+/=]{12,40}"
}

fn bodies(echo: &str) -> [String; 6] {
    [
        format!(
            r#"{{"Code":"X","Message":"m {echo} m","RequestId":"r-{echo}","HostId":"{echo}","Recommend":"{echo}"}}"#
        ),
        format!(
            r#"{{"Code":"X{echo}","AccessDeniedDetail":{{"AuthAction":"{echo}","EncodedDiagnosticMessage":"{echo}"}}}}"#
        ),
        format!(
            "<Error><Code>{echo}</Code><Message>m {echo}</Message><RequestId>{echo}</RequestId></Error>"
        ),
        format!("<html><body>{echo}</body></html>"),
        format!("upstream said {echo}"),
        format!(
            r#"{{"RequestId":"{echo}","PriceInfo":{{"Price":{{"TradePrice":"{echo}"}}}},"TotalCount":"{echo}","OrderId":"{echo}"#
        ),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_error_of_a_call_shows_a_secret(
        secret in secret(),
        token in secret(),
        echoed in 0..2_usize,
        alphabet in prop::option::of(select(&[Escape::UrlSafe, Escape::Form][..])),
        part in prop::option::of((0..24_usize, 16..40_usize)),
        layers in prop::collection::vec(select(&ESCAPES[..]), 0..3),
        shape in 0..6_usize,
        operation in select(&OPERATIONS[..]),
        status in select(&[200, 302, 400, 403, 500, 503][..]),
    ) {
        let memory = Memory::default();
        let keys = Credentials::new("id", &*secret).with_security_token(&*token);
        let client = memory.builder().credentials(keys).build().unwrap();
        let echo = [&secret, &token][echoed];
        // The whole secret, or a part that is long enough to be redacted.
        let part = part.and_then(|(start, length)| echo.get(start..start + length));
        let echo = part.unwrap_or(echo);
        let echo = alphabet.map_or(echo.to_owned(), |alphabet| alphabet.write(echo));
        let shortest: String = echo.chars().take(16).collect();
        let echo = layers.iter().fold(echo.clone(), |text, escape| escape.write(&text));
        memory.request_id(&echo);
        memory.response(status, bodies(&echo)[shape].clone());
        if let Err(error) = call(&client, operation) {
            let mut all = texts(&error);
            all.extend([format!("{error:?}"), format!("{error:#?}")]);
            if let ErrorKind::Decode(decode) = error.kind() {
                all.push(decode.excerpt().to_owned());
            }
            for text in all.iter().flat_map(|text| readings(text)) {
                prop_assert!(!text.contains(&secret) && !text.contains(&token), "{text}");
                prop_assert!(shortest.trim_matches('=').len() < 12 || !text.contains(&shortest), "{text}");
            }
        }
    }

    #[test]
    fn an_invalid_parameter_name_does_not_show_its_value(
        name in select(&["SecurityToken", "signature", "AccessKeyId"][..]),
        secret in secret(),
    ) {
        let client = Memory::default().builder().build().unwrap();
        let request = RpcRequest::<()>::new("Any").param(name, &*secret);
        let error = ready(client.call(request, Default::default())).unwrap_err();
        prop_assert!(!format!("{error} {error:?}").contains(&secret), "{error}");
        let request = ModifyPrepayInstanceSpecRequest::builder("i-1", "ecs.g5.large");
        let error = request.extra_parameter(name, &*secret).build().unwrap_err();
        prop_assert!(!format!("{error} {error:?}").contains(&secret), "{error}");
    }

    #[test]
    fn the_text_of_every_error_is_one_line(one in any_text(), two in any_text(), status in any::<u16>()) {
        let failed = || CredentialsError::failed("the provider", &*one).with_source(two.clone());
        let lost = TransportError::new(TransportErrorKind::Reset, &*one)
            .with_response(status, Some(two.clone()));
        let mut errors: Vec<Error> = vec![
            ServiceError::new(status, &*one, &*two).with_request_id(&*one).into(),
            lost.into(),
            failed().into(),
        ];
        let client = Memory::default().builder().build().unwrap();
        let request = RpcRequest::<()>::new(&*one).param(&*two, &*one).client_token(&*two);
        errors.extend(ready(client.call(request, Default::default())).err());
        // Only texts of this crate: custom causes are the responsibility of the caller.
        let mut all: Vec<String> = errors.iter().map(Error::to_string).collect();
        let builder = || Memory::default().builder();
        for config in [
            builder().region(&*one).build(),
            builder().endpoint(&*one).build(),
            builder().user_agent_suffix(&*one).build(),
        ] {
            all.extend(config.err().map(|error| error.to_string()));
        }
        let invalid = ModifyPrepayInstanceSpecRequest::builder(&*one, &*two)
            .region_id(&*one)
            .client_token(&*two)
            .extra_parameter(&*one, &*two)
            .build();
        all.extend(invalid.err().map(|error| error.to_string()));
        all.extend(Resize::builder(&*one, &*two).build().err().map(|error| error.to_string()));
        all.extend([
            InstanceId::new(&*one).err(),
            InstanceType::new(&*one).err(),
            RegionId::new(&*one).err(),
            ClientToken::new(&*one).err(),
            one.parse::<ResumeKey>().err(),
        ].into_iter().flatten().map(|error| error.to_string()));
        for text in all {
            prop_assert!(is_one_line(&text), "{text:?}");
        }
    }

    #[test]
    fn the_texts_of_a_resize_are_one_line_for_any_response(
        code in any_text(),
        message in any_text(),
        status in select(&[200, 400, 403, 500][..]),
    ) {
        let memory = Memory::default();
        let client = memory.builder().build().unwrap();
        let body = serde_json::json!({"Code": code, "Message": message, "RequestId": message});
        memory.response(status, body.to_string());
        let resize = Resize::builder("i-1", "ecs.g5.large").build().unwrap();
        let error = ready(client.plan_resize(&resize)).unwrap_err();
        for text in texts(&error) {
            prop_assert!(is_one_line(&text), "{text:?}");
        }
    }
}
