//! One signed request, every part of which a test can tamper with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use aliyun_ecs::clock::{Clock, SystemClock};
use aliyun_ecs::simulator::Simulator;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

type Pairs = BTreeMap<String, String>;

/// A call of one action: V1 in a POST form, unless changed.
pub(crate) struct Call {
    /// The operation's own parameters.
    pub(crate) parameters: Pairs,
    /// V1's common parameters, or V3's headers.
    pub(crate) common: Pairs,
    pub(crate) method: reqwest::Method,
    pub(crate) secret: String,
    pub(crate) path: &'static str,
    pub(crate) body: &'static str,
    /// Changes made after signing.
    pub(crate) tampered: Pairs,
    pub(crate) unsigned: Pairs,
    v3: bool,
}

pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl RawResponse {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub(crate) fn text(&self, field: &str) -> String {
        self.json()[field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field}: {}", self.body))
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts an error response, with the fields that every error response has.
    #[track_caller]
    pub(crate) fn rejected(&self, status: u16, code: &str, message: &str) {
        let tree = self.json();
        assert_eq!(
            (self.status, tree["Code"].as_str().unwrap()),
            (status, code),
            "{}",
            self.body
        );
        assert!(
            tree["Message"].as_str().unwrap().starts_with(message),
            "{}",
            self.body
        );
        assert_eq!(tree["RequestId"], self.header("x-acs-request-id"));
        assert!(tree["HostId"].as_str().unwrap().starts_with("127.0.0.1:"));
        assert!(tree["Recommend"].as_str().unwrap().contains(code));
    }
}

pub(crate) fn stamp() -> String {
    SystemClock::new()
        .now()
        .format("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Pairs {
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

impl Call {
    pub(crate) fn v1(action: &str) -> Self {
        let (nonce, stamp) = (uuid::Uuid::new_v4().to_string(), stamp());
        let common = pairs([
            ("Action", action),
            ("Version", "2014-05-26"),
            ("Format", "JSON"),
            ("AccessKeyId", "simulator-access-key-id"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", &nonce),
            ("Timestamp", &stamp),
        ]);
        Self {
            parameters: Pairs::new(),
            common,
            method: reqwest::Method::POST,
            secret: "simulator-access-key-secret".to_owned(),
            path: "/",
            body: "",
            tampered: Pairs::new(),
            unsigned: Pairs::new(),
            v3: false,
        }
    }

    pub(crate) fn v3(action: &str) -> Self {
        let (nonce, stamp) = (uuid::Uuid::new_v4().to_string(), stamp());
        let common = pairs([
            ("x-acs-action", action),
            ("x-acs-version", "2014-05-26"),
            ("x-acs-signature-nonce", &nonce),
            ("x-acs-date", &stamp),
        ]);
        Self {
            common,
            v3: true,
            ..Self::v1(action)
        }
    }

    /// An order of most tests: a change of the instance `i-1` to `ecs.g5.xlarge`.
    pub(crate) fn change() -> Self {
        Self::v1("ModifyPrepayInstanceSpec")
            .with("RegionId", "cn-hangzhou")
            .with("InstanceId", "i-1")
            .with("InstanceType", "ecs.g5.xlarge")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        assert!(
            self.parameters
                .remove(name)
                .or(self.common.remove(name))
                .is_some()
        );
        self
    }

    pub(crate) fn common(mut self, name: &str, value: &str) -> Self {
        self.common.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn tampered(mut self, name: &str, value: &str) -> Self {
        self.tampered.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn unsigned(mut self, name: &str, value: &str) -> Self {
        self.unsigned.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) async fn send(self, simulator: &Simulator) -> RawResponse {
        self.try_send(simulator).await.unwrap()
    }

    pub(crate) async fn try_send(self, simulator: &Simulator) -> reqwest::Result<RawResponse> {
        let http = crate::http::builder().build().unwrap();
        let url = format!("{}{}", simulator.endpoint(), self.path);
        let request = if self.v3 {
            self.signed_v3(&http, &url)
        } else {
            self.signed_v1(&http, &url)
        };
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(RawResponse {
            status,
            headers,
            body: response.text().await?,
        })
    }

    fn signed_v1(self, http: &reqwest::Client, url: &str) -> reqwest::RequestBuilder {
        let mut all = self.parameters;
        all.extend(self.common);
        let to_sign = format!("{}&%2F&{}", self.method, encode(&query(&all)));
        let mut mac = Hmac::<Sha1>::new_from_slice(format!("{}&", self.secret).as_bytes()).unwrap();
        mac.update(to_sign.as_bytes());
        all.insert(
            "Signature".to_owned(),
            BASE64.encode(mac.finalize().into_bytes()),
        );
        all.extend(self.tampered);
        if self.method == reqwest::Method::POST {
            // A form writes a space as `+`.
            let form = query(&all).replace("%20", "+");
            let form_type = "application/x-www-form-urlencoded";
            return http.post(url).header("content-type", form_type).body(form);
        }
        http.request(self.method, format!("{url}?{}", query(&all)))
    }

    fn signed_v3(self, http: &reqwest::Client, url: &str) -> reqwest::RequestBuilder {
        let mut headers = self.common;
        headers.insert(
            "host".to_owned(),
            url.replace("http://", "").replace('/', ""),
        );
        headers
            .entry("x-acs-content-sha256".to_owned())
            .or_insert(hash(self.body));
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let names: Vec<&str> = headers.keys().map(String::as_str).collect();
        let names = names.join(";");
        let query = query(&self.parameters);
        let canonical = format!(
            "{}\n{}\n{query}\n{lines}\n{names}\n{}",
            self.method,
            self.path,
            hash(self.body)
        );
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hash(&canonical));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(to_sign.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential=simulator-access-key-id,SignedHeaders={names},Signature={signature}"
        );
        headers.insert("authorization".to_owned(), authorization);
        headers.extend(self.unsigned);
        headers.extend(self.tampered);
        // The client writes `host` itself.
        headers.remove("host");
        let request = http
            .request(self.method, format!("{url}?{query}"))
            .body(self.body);
        headers.into_iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        })
    }
}

fn query(pairs: &Pairs) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
