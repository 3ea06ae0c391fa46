//! Paging: by page number, or by token.

use serde_json::{Map, Value, json};

use crate::simulator::errors::Rejection;
use crate::simulator::request::Incoming;

/// Which part of a list is requested.
pub(super) struct Page {
    start: usize,
    size: usize,
    by_token: bool,
}

/// The page sizes of an operation.
pub(super) struct Sizes {
    /// The default.
    pub(super) default: usize,
    /// With paging by token, smaller values are raised to this one.
    pub(super) least: usize,
    pub(super) most: usize,
}

impl Page {
    /// By token if the request has one or `MaxResults`, otherwise by number.
    pub(super) fn of(incoming: &Incoming, sizes: &Sizes) -> Result<Self, Rejection> {
        let by_token = ["MaxResults", "NextToken"];
        if by_token.iter().any(|name| incoming.given(name).is_some()) {
            return Self::by_token(incoming, sizes);
        }
        Self::by_number(incoming, sizes)
    }

    pub(super) fn by_number(incoming: &Incoming, sizes: &Sizes) -> Result<Self, Rejection> {
        let size = incoming.number("PageSize", sizes.default)?;
        let size = size.clamp(1, sizes.most);
        let number = incoming.number("PageNumber", 1_usize)?;
        Ok(Self {
            start: number.saturating_sub(1).saturating_mul(size),
            size,
            by_token: false,
        })
    }

    pub(super) fn by_token(incoming: &Incoming, sizes: &Sizes) -> Result<Self, Rejection> {
        let start = match incoming.given("NextToken") {
            None => 0,
            Some(token) => token
                .strip_prefix("at-")
                .and_then(|start| start.parse().ok())
                .ok_or_else(|| Rejection::invalid("NextToken"))?,
        };
        let size = incoming.number("MaxResults", sizes.default)?;
        Ok(Self {
            start,
            size: size.clamp(sizes.least, sizes.most),
            by_token: true,
        })
    }

    /// The page of a list, and the fields that say which page it is.
    pub(super) fn write<T>(
        &self,
        list: &[T],
        describe: impl Fn(&T) -> Value,
    ) -> (Vec<Value>, Map<String, Value>) {
        let page = list.iter().skip(self.start).take(self.size);
        let items: Vec<Value> = page.map(describe).collect();
        let mut fields = Map::new();
        if self.by_token {
            let end = self.start.saturating_add(items.len());
            let token = match end < list.len() {
                true => format!("at-{end}"),
                false => String::new(),
            };
            fields.insert("NextToken".to_owned(), json!(token));
        } else {
            let number = self.start / self.size + 1;
            fields.insert("PageNumber".to_owned(), json!(number));
            fields.insert("PageSize".to_owned(), json!(self.size));
        }
        (items, fields)
    }
}
