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
    let file =
        std::fs::File::open(path).map_err(|error| format!("failed to open {name}: {error}"))?;
    lines(file).map_err(|error| format!("failed to read {name}: {error}").into())
}

fn lines(input: impl std::io::Read) -> Result<Vec<(u64, Line)>, Error> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(input);
    let headers = reader.headers()?.clone();
    let mut lines = Vec::new();
    let mut seen = HashMap::new();
    for record in reader.records() {
        let record = record?;
        let number = record.position().map_or(0, csv::Position::line);
        let line: Line = record.deserialize(Some(&headers))?;
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
}
