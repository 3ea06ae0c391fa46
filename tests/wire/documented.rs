//! Every documented error in the data files, returned by a call, in JSON and in XML.

use aliyun_ecs::{ErrorCode, RetryConfig};

use crate::support::{Server, request, response};

/// The cells of a CSV file: quotes, doubled quotes, commas and line breaks within them.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = csv.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[tokio::test]
async fn every_documented_error_is_found_in_its_row() {
    let own = rows(include_str!("../data/modify_prepay_errors.csv"));
    let common = rows(include_str!("../data/common_errors.csv"));
    let all: Vec<_> = own.iter().skip(1).chain(common.iter().skip(1)).collect();
    assert_eq!(all.len(), 91 + 81);
    for (index, row) in all.into_iter().enumerate() {
        let [status, code, message, ..] = &row[..] else {
            panic!("{row:?}")
        };
        let status: u16 = status.parse().unwrap();
        let said = message.replace("%s", "the service's own text & <more>");
        let json = serde_json::json!({"Code": code, "Message": said, "RequestId": "R"}).to_string();
        let xml = format!(
            "<?xml version='1.0'?><Error><RequestId>R</RequestId><Code>{code}</Code><Message>{}</Message></Error>",
            escaped(&said)
        );
        let server = Server::start([response(status, "", json), response(status, "", xml)]).await;
        let client = server
            .builder()
            .retry(RetryConfig::disabled())
            .build()
            .unwrap();
        for _ in 0..2 {
            let error = client
                .modify_prepay_instance_spec(request())
                .await
                .unwrap_err();
            let service = error.service().unwrap();
            assert!(!matches!(service.code(), ErrorCode::Unknown(_)), "{code}");
            assert_eq!(service.code().as_str(), code);
            assert_eq!((service.message(), service.http_status()), (&*said, status));
            assert_eq!(service.request_id(), Some("R"));
            let Some(documented) = service.documented() else {
                // Common errors have a row only if their code has several meanings.
                assert!(index >= 91, "{row:?}");
                continue;
            };
            assert_eq!(documented.code, *service.code());
            assert_eq!(
                documented.message.unwrap_or("%s").to_ascii_lowercase(),
                message.to_ascii_lowercase()
            );
        }
    }
}

#[tokio::test]
async fn the_four_quota_errors_that_share_a_code_are_distinguished() {
    let mut descriptions = std::collections::BTreeSet::new();
    for row in rows(include_str!("../data/modify_prepay_errors.csv")) {
        if row[1] == "QuotaExceed.ElasticQuota" {
            let body = serde_json::json!({"RequestId": "R", "Code": row[1], "Message": row[2]})
                .to_string();
            let server = Server::start([response(403, "", body)]).await;
            let error = server
                .client()
                .modify_prepay_instance_spec(request())
                .await
                .unwrap_err();
            descriptions.insert(error.service().unwrap().documented().unwrap().description);
        }
    }
    assert_eq!(descriptions.len(), 4);
}
