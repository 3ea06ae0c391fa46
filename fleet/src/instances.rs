//! The CSV file of a plan.

use std::collections::HashMap;
use std::path::Path;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::Error;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    pub(crate) instance_id: String,
    pub(crate) instance_type: String,
    #[serde(default)]
    pub(crate) region: Option<String>,
    /// The most that the change may cost. Empty: what the plan quotes.
    #[serde(default)]
    max_price: Option<String>,
    /// The profile of the CLI's configuration file whose account the instance belongs to.
    #[serde(default)]
    pub(crate) profile: Option<String>,
}

impl Line {
    pub(crate) fn max_price(&self) -> Result<Option<Decimal>, Error> {
        let Some(text) = self.max_price.as_deref() else {
            return Ok(None);
        };
        let price = text
            .parse()
            .map_err(|_| format!("{text:?} is not a price"))?;
        Ok(Some(price))
    }
}

/// All lines with their numbers in the file.
pub(crate) fn read(path: &Path) -> Result<Vec<(u64, Line)>, Error> {
    let name = path.display();
    let text = std::fs::read(path).map_err(|error| format!("failed to open {name}: {error}"))?;
    lines(&text).map_err(|error| format!("failed to read {name}: {error}").into())
}

fn lines(text: &[u8]) -> Result<Vec<(u64, Line)>, Error> {
    // The reader skips it too, but does not count it.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text);
    let numbers = Numbers::new(text);
    let described = |error| numbers.describe(&error);
    let headers = reader.headers().map_err(described)?.clone();
    // Without a line, nothing else checks the names of the columns.
    let empty: csv::StringRecord = headers.iter().map(|_| "").collect();
    if let Err(error) = empty.deserialize::<Line>(Some(&headers)) {
        let number = numbers.at(0);
        let why = reason(&error);
        return Err(format!("line {number}: {why}; the first line is the header").into());
    }
    let mut lines = Vec::new();
    let mut seen = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(described)?;
        let byte = record.position().map_or(0, csv::Position::byte);
        let number = numbers.at(byte) as u64;
        let line: Line = record.deserialize(Some(&headers)).map_err(described)?;
        line.max_price()
            .map_err(|error| format!("line {number}: {error}"))?;
        if let Some(first) = seen.insert(line.instance_id.clone(), number) {
            let id = &line.instance_id;
            return Err(format!("line {number}: {id} is on line {first} too; remove one").into());
        }
        lines.push((number, line));
    }
    Ok(lines)
}

/// The numbers of lines. Those of the reader are wrong with CRLF, and it counts the blank lines before a record as part
/// of it.
struct Numbers<'a> {
    text: &'a [u8],
    /// Where each line begins.
    begins: Vec<usize>,
}

impl<'a> Numbers<'a> {
    fn new(text: &'a [u8]) -> Self {
        let begins = |at: &usize| match text[at - 1] {
            b'\n' => true,
            b'\r' => text.get(*at) != Some(&b'\n'),
            _ => false,
        };
        let begins = (1..=text.len()).filter(begins);
        Self {
            text,
            begins: std::iter::once(0).chain(begins).collect(),
        }
    }

    /// The number of the line of a record that begins at this byte, or after blank lines there.
    fn at(&self, byte: u64) -> usize {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        let rest = self.text.iter().skip(byte);
        let blank = rest.take_while(|it| matches!(it, b'\r' | b'\n')).count();
        self.begins.partition_point(|begin| *begin <= byte + blank)
    }

    fn describe(&self, error: &csv::Error) -> String {
        let why = reason(error);
        match error.position() {
            Some(position) => format!("line {}: {why}", self.at(position.byte())),
            None => why,
        }
    }
}

/// Why a record is invalid, without the reader's numbers.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::Utf8 { err, .. } => err.to_string(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} fields instead of the {expected_len} of the header"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<(u64, Line)>, String> {
        lines(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn optional_columns_may_be_missing_or_empty() {
        let lines = parsed("instance_id,instance_type\ni-1, ecs.g5.large\n").unwrap();
        assert_eq!(lines[0].0, 2);
        assert_eq!(lines[0].1.instance_type, "ecs.g5.large");
        let lines =
            parsed("profile,instance_id,instance_type,region,max_price\n,i-1,t,,\np,i-2,t,r,1.5\n")
                .unwrap();
        assert_eq!((&lines[0].1.profile, &lines[0].1.region), (&None, &None));
        assert_eq!(lines[0].1.max_price().unwrap(), None);
        assert_eq!(lines[1].1.max_price().unwrap(), Some(Decimal::new(15, 1)));
    }

    #[test]
    fn invalid_lines_are_rejected_with_their_numbers() {
        let twice = parsed("instance_id,instance_type\ni-1,t\ni-1,t\n").unwrap_err();
        assert_eq!(twice, "line 3: i-1 is on line 2 too; remove one");
        let price = parsed("instance_id,instance_type,max_price\ni-1,t,cheap\n").unwrap_err();
        assert_eq!(price, "line 2: \"cheap\" is not a price");
        assert!(
            parsed("instance_id,instance_type,price\ni-1,t,1\n")
                .unwrap_err()
                .contains("price")
        );
        assert!(
            parsed("instance_id\ni-1\n")
                .unwrap_err()
                .contains("instance_type")
        );
    }

    #[test]
    fn the_number_of_a_line_is_the_one_of_an_editor() {
        let header = "instance_id,instance_type,max_price";
        for text in [
            format!("\u{feff}{header}\n\ni-1,t,\n\n\n\"i-2\",t,{{}}\ni-3,t,"),
            format!("{header}\r\n\r\ni-1,t,\r\n\r\n\r\ni-2,t,{{}}\r\ni-3,t,\r\n"),
            format!("\n\n\n\n{header}\ni-2,t,{{}}\ni-3,t,"),
            format!("\u{feff}{header}\ni-1,\"t\n\r\n\",\n\ni-2,t,{{}}\ni-3,t,"),
        ] {
            let with = |price: &str| parsed(&text.replace("{}", price));
            let lines = with("1").unwrap();
            let last = &lines[lines.len() - 2..];
            assert_eq!((last[0].0, last[1].0), (6, 7), "{text:?}");
            assert_eq!(
                with("cheap").unwrap_err(),
                "line 6: \"cheap\" is not a price"
            );
            assert_eq!(
                with("1,2").unwrap_err(),
                "line 6: 4 fields instead of the 3 of the header"
            );
        }
        let invalid = b"instance_id,instance_type\r\n\r\ni-1,\xff\r\n";
        let error = lines(invalid).unwrap_err().to_string();
        assert!(error.starts_with("line 3: "), "{error}");
    }

    #[test]
    fn the_header_is_checked_without_further_lines() {
        for (text, expected) in [
            ("i-1,ecs.g5.large\n", "line 1: unknown field `i-1`"),
            (
                "\r\n\r\ninstance_id\r\n",
                "line 3: missing field `instance_type`",
            ),
            ("", "line 1: missing field `instance_id`"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
            assert!(error.ends_with("; the first line is the header"), "{error}");
        }
        assert!(parsed("instance_id,instance_type\n").unwrap().is_empty());
    }
}
