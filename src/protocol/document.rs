//! Error documents: finds the error in a response, in any spelling and in both formats.
//!
//! JSON and XML become the same small tree of [`Member`]s, and one set of rules finds the error in it, so the two
//! formats cannot disagree. The service writes an error as a string `Code` at the top level. Other members that name an
//! error (`Error`, `Errors`, `ErrorCode`, `Success: false`, a `Code` that is a list, …) are also found, but are not
//! treated as the form of the service: see [`ErrorDocument::is_own_form`].

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json;
use super::xml::Element;
use crate::error::{AccessDeniedDetail, ErrorCode};

/// Deeper members are not read; their parent counts as not empty.
const MAX_DEPTH: u8 = 8;
/// More members than this are not read: an error document has about ten.
const MAX_MEMBERS: usize = 1_000;

/// Values that mean that there is no error, as a code or as the value of a member that names an error.
const NO_ERROR: [&str; 8] = ["0", "200", "ok", "success", "false", "no", "none", "null"];

/// How thoroughly to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    /// Members at the top level that name an error.
    TopLevel,
    /// Members at any level that name an error or belong to an error document.
    Everywhere,
}

/// The contents of an error document.
#[derive(Debug, Default)]
pub(super) struct ErrorDocument {
    /// Empty if the document names an error but has no code.
    pub(super) code: String,
    pub(super) message: String,
    pub(super) host_id: Option<String>,
    pub(super) recommend: Option<String>,
    pub(super) access_denied_detail: AccessDeniedDetail,
    /// It has the form of the service's errors. In any other form it may come from a gateway, or belong to a request
    /// that succeeded.
    pub(super) is_own_form: bool,
}

/// A member of a response: a string, an object, or a list, whose items have the list's name.
#[derive(Debug)]
struct Member {
    name: String,
    text: String,
    members: Vec<Member>,
}

/// The top level of a response.
#[derive(Debug, Default)]
pub(super) struct Document {
    members: Vec<Member>,
    /// The root element of XML names an error.
    is_named_error: bool,
    /// It has more members than were read.
    is_cut: bool,
}

impl Document {
    /// Reads a JSON object, and returns its syntax error if it has one. The members before the syntax error are kept.
    pub(super) fn from_json(text: &str, search: Search) -> (Self, Option<serde_json::Error>) {
        let mut document = Self::default();
        let mut reader = Reader::new(search);
        let read = reader.object(text, 0, &mut document.members);
        document.is_cut = reader.is_cut;
        (document, read.err())
    }

    pub(super) fn from_xml(root: &Element<'_>, search: Search) -> Self {
        let mut reader = Reader::new(search);
        let mut members = Vec::new();
        for child in root.children() {
            if reader.keeps(child.name) {
                reader.element(child, 0, &mut members);
            }
        }
        Self {
            members,
            is_named_error: names_error(root.name) && !is_success_flag(&letters(root.name)),
            is_cut: reader.is_cut,
        }
    }

    /// The first value of the top level's `RequestId` that is not blank, else that of an `Error` in it.
    pub(super) fn request_id(&self) -> Option<&str> {
        let nested = || self.members.iter().filter(|it| names_error(&it.name));
        scalar(&self.members, "RequestId")
            .or_else(|| nested().find_map(|it| scalar(&it.members, "RequestId")))
    }

    /// Whether it is an error document in the form that the service writes.
    ///
    /// A gateway that replaces a body may keep the headers, including the request id. So a body without a request id
    /// must have the member names in the service's spelling and a known code. A body with an unknown code must have
    /// these names and a request id. An order with an id was placed, regardless of the rest of the response.
    fn has_own_form(&self, code: &str) -> bool {
        let is_named = |name: &str| self.members.iter().any(|it| it.name == name);
        let is_spelled = is_named("Code") && is_named("Message");
        let has_id = scalar(&self.members, "RequestId").is_some();
        let is_own = match ErrorCode::from(code) {
            // Gateways write the HTTP status as a code.
            ErrorCode::Unknown(_) => {
                is_spelled && has_id && code.starts_with(|c: char| c.is_ascii_alphabetic())
            }
            _ => is_spelled || has_id,
        };
        is_own && !self.has_order_id()
    }

    pub(super) fn has_order_id(&self) -> bool {
        scalar(&self.members, "OrderId").is_some()
    }

    /// The error that a response names, with or without a 2xx status.
    pub(super) fn error(&self, is_success: bool, search: Search) -> Option<ErrorDocument> {
        let is_error = |code: &&str| !(is_success && says_no_error(code));
        let own = scalars(&self.members, "Code").find(is_error);
        let holder = self.members.iter().find(|it| it.is_error(search));
        // An error document of the service is short, so one with too many members comes from elsewhere.
        let is_endless = self.is_cut && search == Search::TopLevel;
        if own.is_none() && holder.is_none() && !self.is_named_error && !is_endless {
            return None;
        }
        let is_own_form = own.is_some_and(|code| self.has_own_form(code));
        let code = own.or_else(|| holder?.code());
        let inner = holder.map_or(&[][..], |it| &it.members);
        let text = |name| scalar(&self.members, name).or_else(|| scalar(inner, name));
        let detail = [&self.members, inner].into_iter().flatten();
        let mut detail = detail.filter(|it| it.name.eq_ignore_ascii_case("AccessDeniedDetail"));
        Some(ErrorDocument {
            code: code.unwrap_or_default().to_owned(),
            message: text("Message")
                .or_else(|| holder?.message())
                .unwrap_or_default()
                .to_owned(),
            host_id: text("HostId").map(str::to_owned),
            recommend: text("Recommend").map(str::to_owned),
            access_denied_detail: detail.next().map(access_denied_detail).unwrap_or_default(),
            is_own_form,
        })
    }
}

/// Whether a member of this name means that there is an error, unless its value says otherwise.
///
/// Case, separators and invisible characters do not matter: `error_code` is `ErrorCode`.
pub(super) fn names_error(name: &str) -> bool {
    let name = letters(name);
    let is_count = name.ends_with("count");
    matches!(&*name, "code" | "codes" | "err" | "errs")
        || is_success_flag(&name)
        || name.contains("exception")
        || name.starts_with("fault")
        || (name.contains("error") || name.starts_with("errcode") || name.starts_with("errm"))
            && !is_count
        || name.starts_with("fail") && !is_count
}

fn is_success_flag(name: &str) -> bool {
    matches!(
        name,
        "success" | "issuccess" | "succeeded" | "successful" | "ok"
    )
}

/// Whether only error documents have a member of this name.
fn belongs_to_error(name: &str) -> bool {
    let names = [
        "message",
        "msg",
        "hostid",
        "recommend",
        "accessdenieddetail",
        "reason",
        "detail",
        "title",
        "denied",
        "blocked",
        "ret",
        "rc",
    ];
    names.contains(&name) || name.ends_with("code") || name.ends_with("errno")
}

/// Whether a member of this name may say how the request ended.
fn names_status(name: &str) -> bool {
    ["status", "state", "result", "outcome"]
        .iter()
        .any(|it| name.ends_with(it))
}

fn says_failure(text: &str) -> bool {
    let text = letters(text);
    let is_http_error = matches!(text.parse(), Ok(400..=599_u32));
    [
        "fail", "err", "den", "reject", "refus", "block", "invalid", "abort", "timeout",
        "unauthor", "forbid",
    ]
    .iter()
    .any(|it| text.starts_with(it))
        || is_http_error
}

fn says_no_error(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || NO_ERROR.iter().any(|it| it.eq_ignore_ascii_case(text))
}

/// The ASCII letters and digits of a name, in lower case.
fn letters(name: &str) -> String {
    let mut letters = name.to_ascii_lowercase();
    letters.retain(|c| c.is_ascii_alphanumeric());
    letters
}

/// The strings that are not blank among the members of this name.
fn scalars<'m>(members: &'m [Member], name: &str) -> impl Iterator<Item = &'m str> {
    members
        .iter()
        .filter(move |it| it.name.eq_ignore_ascii_case(name) && it.members.is_empty())
        .map(|it| it.text.trim())
        .filter(|text| !text.is_empty())
}

fn scalar<'m>(members: &'m [Member], name: &str) -> Option<&'m str> {
    scalars(members, name).next()
}

fn access_denied_detail(member: &Member) -> AccessDeniedDetail {
    let text = |name| scalar(&member.members, name).map(str::to_owned);
    AccessDeniedDetail {
        auth_action: text("AuthAction"),
        auth_principal_type: text("AuthPrincipalType"),
        auth_principal_display_name: text("AuthPrincipalDisplayName"),
        auth_principal_owner_id: text("AuthPrincipalOwnerId"),
        no_permission_type: text("NoPermissionType"),
        policy_type: text("PolicyType"),
        encoded_diagnostic_message: text("EncodedDiagnosticMessage"),
    }
}

impl Member {
    fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: String::new(),
            members: Vec::new(),
        }
    }

    /// Whether it means that there is an error.
    fn is_error(&self, search: Search) -> bool {
        let name = letters(&self.name);
        if is_success_flag(&name) {
            return !self.text.trim().is_empty() && says_no_success(&self.text);
        }
        let is_named =
            names_error(&self.name) || search == Search::Everywhere && belongs_to_error(&name);
        let is_failure =
            search == Search::Everywhere && names_status(&name) && says_failure(&self.text);
        let in_members = || self.members.iter().any(|it| it.is_error(search));
        is_named && !self.says_no_error()
            || is_failure
            || search == Search::Everywhere && in_members()
    }

    fn says_no_error(&self) -> bool {
        says_no_error(&self.text) && self.members.iter().all(Self::says_no_error)
    }

    /// The first code in it.
    fn code(&self) -> Option<&str> {
        let is_code = |name: &str| {
            let name = letters(name);
            name.ends_with("code") || name == "codes"
        };
        let leaf = || self.leaf().filter(|text| !says_no_error(text));
        match is_code(&self.name) {
            true => leaf(),
            false => {
                // Its own codes come before those of its members.
                let (codes, others): (Vec<_>, Vec<_>) =
                    self.members.iter().partition(|it| is_code(&it.name));
                { codes }.into_iter().chain(others).find_map(Self::code)
            }
        }
    }

    /// The first message in it, or itself if it is a string.
    fn message(&self) -> Option<&str> {
        let is_message = |name: &str| {
            let name = letters(name);
            name.ends_with("message") || name.ends_with("msg") || name == "faultstring"
        };
        let own = self.members.iter().find(|it| is_message(&it.name));
        own.and_then(Self::leaf)
            .or_else(|| self.members.iter().find_map(Self::message))
            .or_else(|| (!letters(&self.name).ends_with("code")).then(|| self.text())?)
    }

    /// The first string in it that is not blank.
    fn leaf(&self) -> Option<&str> {
        self.text()
            .or_else(|| self.members.iter().find_map(Self::leaf))
    }

    fn text(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }
}

fn says_no_success(text: &str) -> bool {
    let text = letters(text);
    matches!(&*text, "0" | "false" | "no" | "n" | "f") || says_failure(&text)
}

/// Builds the tree, up to a number of members.
struct Reader {
    search: Search,
    left: usize,
    is_cut: bool,
}

impl Reader {
    fn new(search: Search) -> Self {
        Self {
            search,
            left: MAX_MEMBERS,
            is_cut: false,
        }
    }

    /// Whether a member of the top level matters.
    fn keeps(&self, name: &str) -> bool {
        const OWN: [&str; 6] = [
            "RequestId",
            "OrderId",
            "Message",
            "HostId",
            "Recommend",
            "AccessDeniedDetail",
        ];
        self.search == Search::Everywhere
            || names_error(name)
            || OWN.iter().any(|it| it.eq_ignore_ascii_case(name))
    }

    /// Counts a member that is about to be added.
    fn take(&mut self) -> bool {
        self.is_cut |= self.left == 0;
        self.left = self.left.saturating_sub(1);
        !self.is_cut
    }

    fn element(&mut self, element: &Element<'_>, depth: u8, to: &mut Vec<Member>) {
        if !self.take() {
            return;
        }
        let mut member = Member::new(element.name);
        if let Some(text) = element.text() {
            member.text = text.trim().to_owned();
        }
        match depth < MAX_DEPTH {
            true => {
                for child in element.children() {
                    self.element(child, depth + 1, &mut member.members);
                }
            }
            false if !element.children().is_empty() => "…".clone_into(&mut member.text),
            false => {}
        }
        to.push(member);
    }

    fn object(&mut self, text: &str, depth: u8, to: &mut Vec<Member>) -> serde_json::Result<()> {
        let mut json = serde_json::Deserializer::from_str(text);
        let object = Object {
            reader: self,
            depth,
            to,
        };
        object.deserialize(&mut json)?;
        json.end()
    }

    fn value(&mut self, name: &str, raw: &RawValue, depth: u8, to: &mut Vec<Member>) {
        let text = raw.get();
        let mut member = Member::new(name);
        match text.as_bytes() {
            [b'n', ..] => return,
            _ if !self.take() => return,
            [b'{' | b'[', ..] if depth >= MAX_DEPTH => "…".clone_into(&mut member.text),
            // The members before a syntax error are kept.
            [b'{', ..] => drop(self.object(text, depth + 1, &mut member.members)),
            [b'[', ..] => {
                let mut json = serde_json::Deserializer::from_str(text);
                let items = Items {
                    reader: self,
                    name,
                    depth: depth + 1,
                    to: &mut member.members,
                };
                drop(json.deserialize_seq(items));
            }
            _ => match json::text(raw) {
                Ok(text) => member.text = text.unwrap_or_default().into_owned(),
                // The headers may have the complete request id.
                Err(_) if name.eq_ignore_ascii_case("RequestId") => return,
                Err(_) => text.trim_matches('"').clone_into(&mut member.text),
            },
        }
        to.push(member);
    }
}

struct Object<'r> {
    reader: &'r mut Reader,
    depth: u8,
    to: &'r mut Vec<Member>,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if self.depth > 0 || self.reader.keeps(&name) {
                let raw = map.next_value::<&RawValue>()?;
                self.reader.value(&name, raw, self.depth, self.to);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Items<'r> {
    reader: &'r mut Reader,
    name: &'r str,
    depth: u8,
    to: &'r mut Vec<Member>,
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            self.reader.value(self.name, item, self.depth, self.to);
        }
        Ok(())
    }
}
