//! Decoding: every body becomes a typed response or a typed error that keeps all facts.

use aliyun_ecs::operation::DescribeInstanceModificationPriceRequest;
use aliyun_ecs::{
    CallOptions, Credentials, Error, ErrorCode, ErrorKind, Outcome, ResponseFormat, RetryConfig,
    RpcRequest,
};
use serde::Deserialize;
use serde_json::Value;

use crate::support::{Server, request, response};

/// The result of a single attempt.
async fn once(step: crate::support::Step) -> Result<(String, Option<String>), Error> {
    let server = Server::start([step]).await;
    let client = server
        .builder()
        .retry(RetryConfig::disabled())
        .build()
        .unwrap();
    let response = client.modify_prepay_instance_spec(request()).await?;
    Ok((response.request_id, response.order_id))
}

const ID: &str = "x-acs-request-id: HEADER-ID\r\n";

#[tokio::test]
async fn successful_responses_are_decoded_in_every_form() {
    let long = "1111111111111111111111110";
    for (body, request_id, order_id) in [
        (r#"{"RequestId":"R","OrderId":"123"}"#.to_owned(), "R", Some("123")),
        (r#"{"RequestId":"R","OrderId":123}"#.to_owned(), "R", Some("123")),
        (format!(r#"{{"RequestId":"R","OrderId":{long}}}"#), "R", Some(long)),
        (r#"{"RequestId":"R","OrderId":"\u0031-\"2"}"#.to_owned(), "R", Some("1-\"2")),
        (r#"{"RequestId":"R","OrderId":null}"#.to_owned(), "R", None),
        (r#"{"RequestId":"R","OrderId":""}"#.to_owned(), "R", None),
        (r#"{"RequestId":"R","New":{"Deep":[1]}}"#.to_owned(), "R", None),
        (r#"{"OrderId":"123"}"#.to_owned(), "HEADER-ID", Some("123")),
        (r#"{"Code":"200","Message":"ok","RequestId":"R","OrderId":"5"}"#.to_owned(), "R", Some("5")),
        ("\u{feff} \n{\"RequestId\":\"R\"}".to_owned(), "R", None),
        ("<ModifyPrepayInstanceSpecResponse><RequestId>R</RequestId><OrderId>123</OrderId></ModifyPrepayInstanceSpecResponse>".to_owned(), "R", Some("123")),
        (format!("<?xml version='1.0' encoding='UTF-8'?>\n<ModifyInstanceConfiguration>\n <RequestId>R</RequestId>\n <OrderId>{long}</OrderId>\n</ModifyInstanceConfiguration>"), "R", Some(long)),
        ("<R xmlns='urn:x'><OrderId> </OrderId><RequestId><![CDATA[R]]></RequestId></R>".to_owned(), "R", None),
    ] {
        let (id, order) = once(response(200, ID, &body)).await.unwrap_or_else(|e| panic!("{body}: {e}"));
        assert_eq!((&*id, order.as_deref()), (request_id, order_id), "{body}");
    }
}

#[tokio::test]
async fn the_content_type_and_the_requested_format_do_not_matter() {
    for headers in [
        "content-type: text/html\r\n",
        "content-type: text/xml\r\n",
        "",
    ] {
        let body = r#"{"RequestId":"R","OrderId":"1"}"#;
        assert!(once(response(200, headers, body)).await.is_ok());
    }
    let xml = "<R><RequestId>R</RequestId></R>";
    assert!(
        once(response(200, "content-type: application/json\r\n", xml))
            .await
            .is_ok()
    );
    let server = Server::start([response(200, "", r#"{"RequestId":"R"}"#)]).await;
    let client = server
        .builder()
        .response_format(ResponseFormat::Xml)
        .build()
        .unwrap();
    assert!(client.modify_prepay_instance_spec(request()).await.is_ok());
    assert_eq!(server.seen()[0].param("Format").as_deref(), Some("XML"));
}

#[tokio::test]
async fn a_200_that_is_an_error_is_an_error() {
    for body in [
        r#"{"Code":"OperationDenied.NoStock","Message":"sold out","RequestId":"R"}"#,
        r#"{"requestId":"R","code":"operationdenied.nostock","message":"sold out"}"#,
        "<Error><Code>OperationDenied.NoStock</Code><Message>sold out</Message><RequestId>R</RequestId></Error>",
        "<ModifyPrepayInstanceSpecResponse><RequestId>R</RequestId><Code>OperationDenied.NoStock</Code><Message>sold out</Message></ModifyPrepayInstanceSpecResponse>",
    ] {
        let error = once(response(200, "", body)).await.unwrap_err();
        assert_eq!(
            error.code(),
            Some(&ErrorCode::OperationDeniedNoStock),
            "{body}"
        );
        assert_eq!(
            error.to_string(),
            "OperationDenied.NoStock: sold out (HTTP 200, request id R)"
        );
        assert_eq!(error.outcome(), Outcome::NotApplied);
    }
}

#[tokio::test]
async fn unusual_forms_of_an_error_in_a_200_are_errors() {
    for body in [
        r#"{"CODE":"InternalError","RequestId":"R"}"#,
        r#"{"Code":"InternalError","Code":"","RequestId":"R"}"#,
        r#"{"RequestId":"R","Error":{"Code":"InternalError","Message":"no"}}"#,
        "<ErrorResponse><Error>\n <Code>\n InternalError </Code></Error><RequestId>R</RequestId></ErrorResponse>",
    ] {
        let error = once(response(200, "", body)).await.unwrap_err();
        assert_eq!(error.code(), Some(&ErrorCode::InternalError), "{body}");
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
    for body in [
        r#"{"RequestId":"R","retcode":"1001"}"#,
        r#"{"RequestId":"R","subCode":"E1"}"#,
        r#"{"RequestId":"R","ns:Code":"Blocked"}"#,
        r#"{"RequestId":"R","HttpStatusCode":403}"#,
        r#"{"RequestId":"R","status":403}"#,
        r#"{"RequestId":"R","ret":["FAIL_SYS::blocked"]}"#,
        r#"{"RequestId":"R","title":"Forbidden","type":"about:blank"}"#,
        r#"{"RequestId":"R","blocked":true}"#,
        r#"{"RequestId":"R","OrderId":"null"}"#,
        r#"{"RequestId":"R","OrderId":"error"}"#,
        r#"{"RequestId":"R","OrderId":0}"#,
        "<R><RequestId>R</RequestId><Denied>policy 7</Denied></R>",
    ] {
        let error = once(response(200, "", body)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{body}");
    }
    let error = once(response(200, ID, "{}")).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("neither a RequestId nor an OrderId"),
        "{error}"
    );
}

#[tokio::test]
async fn a_200_with_a_code_that_is_damaged_is_an_error() {
    for body in [
        &b"{\"Code\":\"Internal\xb2Error\",\"Message\":\"no \xb2\xbb\",\"RequestId\":\"R\"}"[..],
        br#"{"RequestId":"R","Message":"no \ud800","Code":"Internal\ud800Error"}"#,
    ] {
        let error = once(response(200, "", body)).await.unwrap_err();
        let service = error.service().unwrap();
        assert!(service.code().as_str().starts_with("Internal"), "{error}");
        assert!(service.message().starts_with("no "), "{error}");
        assert_eq!(error.request_id(), Some("R"));
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
}

#[tokio::test]
async fn two_prices_are_not_merged() {
    let halves = [
        r#"{"PriceInfo":{"Price":{"OriginalPrice":9},"Price":{"TradePrice":1}},"RequestId":"R"}"#,
        "<R><RequestId>R</RequestId><PriceInfo><Price><OriginalPrice>9</OriginalPrice></Price>\
         <Price><TradePrice>1</TradePrice></Price></PriceInfo></R>",
    ];
    for body in halves {
        let server = Server::start([response(200, "", body)]).await;
        let client = server.builder().retry(RetryConfig::disabled()).build();
        let request = DescribeInstanceModificationPriceRequest::builder("i-1")
            .instance_type("ecs.g5.xlarge")
            .build()
            .unwrap();
        let read = client
            .unwrap()
            .describe_instance_modification_price(request)
            .await;
        let error = read.unwrap_err();
        assert!(
            error.to_string().contains("Price is given twice"),
            "{body}: {error}"
        );
    }
}

#[tokio::test]
async fn an_error_response_in_a_damaged_form_keeps_its_code() {
    for body in [
        &br#"{"Code":"OperationDenied.NoStock","Message":"tru"#[..],
        b"{\"Code\":\"OperationDenied.NoStock\",\"Message\":\"\xb2\xbb\"}",
        b"{\"Message\":\"\xb2\xbb\",\"Code\":\"OperationDenied.NoStock\"}",
        b"<Error>\n  <Code>\n    OperationDenied.NoStock\n  </Code>\n</Error>",
    ] {
        let error = once(response(403, "", body)).await.unwrap_err();
        assert_eq!(
            error.code(),
            Some(&ErrorCode::OperationDeniedNoStock),
            "{error}"
        );
    }
    let error = once(response(403, "", "{\"Message\":")).await.unwrap_err();
    assert!(
        error.to_string().contains("the body is not valid JSON: "),
        "{error}"
    );
    let error = once(response(302, "location: /\r\n", ""))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("redirects are not followed"),
        "{error}"
    );
}

#[tokio::test]
async fn invalid_utf_8_is_an_error_only_in_fields_that_are_read() {
    let (id, _) = once(response(
        200,
        "",
        b"{\"New\":\"\xb2\xbb\",\"RequestId\":\"R\"}",
    ))
    .await
    .unwrap();
    assert_eq!(id, "R");
    let error = once(response(
        200,
        "",
        b"{\"OrderId\":\"\xb2\xbb\",\"RequestId\":\"R\"}",
    ))
    .await
    .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode(_)), "{error}");
}

#[tokio::test]
async fn errors_are_searched_at_the_documented_levels_only() {
    for body in [
        r#"{"Code":"OperationDenied.NoStock","New":{"Code":"InternalError"}}"#,
        r#"{"Error":{"Code":"OperationDenied.NoStock","Error":{"Code":"InternalError"}}}"#,
    ] {
        let error = once(response(403, "", body)).await.unwrap_err();
        assert_eq!(error.code(), Some(&ErrorCode::OperationDeniedNoStock));
    }
}

#[tokio::test]
async fn a_type_without_content_takes_any_response() {
    let bodies = [r#"{"RequestId":"R"}"#, "<R><RequestId>R</RequestId></R>"];
    let server = Server::start(bodies.map(|body| response(200, "", body))).await;
    for _ in bodies {
        let start = RpcRequest::<()>::new("StartInstance");
        server
            .client()
            .call(start, CallOptions::default())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_200_that_cannot_be_read_is_not_a_success() {
    for body in [
        "",
        "   ",
        "null",
        "[]",
        "\"text\"",
        "{}",
        "{\"RequestId\":",
        "{\"RequestId\":{}}",
        "not json",
        "<html><body>Welcome</body></html>",
        "<!DOCTYPE html><html></html>",
        "<Error><RequestId>R</RequestId></Error>",
        "<R><RequestId>R</RequestId>",
        "<R/>",
        r#"{"RequestId":"R","OrderId":true}"#,
        r#"{"RequestId":"R","OrderId":2.5e30}"#,
        r#"{"RequestId":"R","OrderId":[1]}"#,
        r#"{"Code":"OperationDenied.NoStock","Message":"tru"#,
        "\u{0}\u{1}\u{2}",
    ] {
        let error = once(response(200, "", body)).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Decode(_)),
            "{body:?}: {error:?}"
        );
        assert_eq!(error.outcome(), Outcome::Unknown, "{body:?}");
        assert_eq!(error.http_status(), Some(200), "{body:?}");
    }
    let deep = format!(
        "{{\"RequestId\":\"R\",\"A\":{}{}}}",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let deep_xml = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
    let wide_xml = format!("<r>{}</r>", "<a/>".repeat(300_000));
    let server = Server::start([response(200, "", deep)]).await;
    let untyped = RpcRequest::<Value>::new("DescribeDisks");
    let error = server.client().call(untyped, CallOptions::default()).await;
    assert!(matches!(error.unwrap_err().kind(), ErrorKind::Decode(_)));
    for body in [
        deep_xml.into_bytes(),
        wide_xml.into_bytes(),
        vec![0xFF; 2_000],
    ] {
        let error = once(response(200, ID, body)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Decode(_)));
        assert_eq!(error.request_id(), Some("HEADER-ID"));
    }
}

#[tokio::test]
async fn responses_are_decoded_up_to_the_documented_maximums() {
    // Two values come before the list.
    let json = |values: usize| {
        format!(
            r#"{{"RequestId":"R","New":[{}0]}}"#,
            "0,".repeat(values - 3)
        )
    };
    let wide = |elements: usize| {
        let more = "<a/>".repeat(elements - 2);
        format!("<R><RequestId>R</RequestId>{more}</R>")
    };
    let deep = |depth: usize| {
        let (open, close) = ("<a>".repeat(depth - 1), "</a>".repeat(depth - 1));
        format!("<R><RequestId>R</RequestId>{open}{close}</R>")
    };
    let long = format!(r#"{{"RequestId":"R","New":"{}"}}"#, "x".repeat(600_000));
    for body in [json(500_000), long, wide(250_000), deep(64)] {
        let start = body[..40].to_owned();
        let read = once(response(200, "", body)).await;
        assert!(read.is_ok(), "{start}: {read:?}");
    }
    for (body, problem) in [
        (json(500_001), "the body has too many values"),
        (wide(250_001), "too many or too deeply nested elements"),
        (deep(65), "too many or too deeply nested elements"),
    ] {
        let error = once(response(200, "", body)).await.unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[tokio::test]
async fn an_error_status_keeps_status_request_id_and_excerpt_with_any_body() {
    for (status, body) in [
        (
            502,
            "<html><head><title>502 Bad Gateway</title></head></html>",
        ),
        (503, "upstream connect error"),
        (504, ""),
        (403, "{\"denied\": true}"),
        (500, "{\"Code\":"),
        (302, ""),
        (400, "{\"Code\": \"\", \"Message\": \"empty\"}"),
    ] {
        let error = once(response(status, ID, body)).await.unwrap_err();
        let ErrorKind::Decode(decode) = error.kind() else {
            panic!("{error:?}")
        };
        assert_eq!(decode.http_status(), status);
        assert_eq!(error.request_id(), Some("HEADER-ID"));
        assert_eq!(decode.excerpt(), body);
        let text = error.to_string();
        assert!(
            text.contains(&format!("(HTTP {status}, request id HEADER-ID)")),
            "{text}"
        );
        assert_eq!(error.outcome(), Outcome::Unknown, "{status}");
    }
    let huge = "x".repeat(100_000);
    let error = once(response(500, "", huge)).await.unwrap_err();
    let ErrorKind::Decode(decode) = error.kind() else {
        panic!("{error:?}")
    };
    assert!(decode.excerpt().chars().count() <= 513);
    assert!(decode.to_string().len() < 400, "{decode}");
}

#[tokio::test]
async fn an_error_keeps_every_member_of_its_response() {
    let json = r#"{"RequestId":"R","HostId":"ecs.aliyuncs.com","Code":"Forbidden.RAM","Message":"User not authorized.",
        "Recommend":"https://api.example/diagnosis","AccessDeniedDetail":{"AuthAction":"ecs:ModifyPrepayInstanceSpec",
        "PolicyType":"AccountLevelIdentityBasedPolicy","NoPermissionType":"ImplicitDeny","Unknown":1,"AuthPrincipalOwnerId":123456,"AuthPrincipalType":null}}"#;
    let xml = "<Error><AccessDeniedDetail><AuthAction>ecs:ModifyPrepayInstanceSpec</AuthAction>\
        <PolicyType>AccountLevelIdentityBasedPolicy</PolicyType><NoPermissionType>ImplicitDeny</NoPermissionType>\
        </AccessDeniedDetail><RequestId>R</RequestId><HostId>ecs.aliyuncs.com</HostId><Code>Forbidden.RAM</Code>\
        <Message>User not authorized.</Message><Recommend>https://api.example/diagnosis</Recommend></Error>";
    for body in [json, xml] {
        let error = once(response(403, ID, body)).await.unwrap_err();
        let service = error.service().unwrap();
        assert_eq!(service.code(), &ErrorCode::ForbiddenRam);
        assert_eq!(service.message(), "User not authorized.");
        assert_eq!(service.http_status(), 403);
        assert_eq!(
            service.request_id(),
            Some("R"),
            "the body's id comes before the header's"
        );
        assert_eq!(service.host_id(), Some("ecs.aliyuncs.com"));
        assert_eq!(service.recommend(), Some("https://api.example/diagnosis"));
        let detail = service.access_denied_detail().unwrap();
        assert_eq!(
            detail.auth_action.as_deref(),
            Some("ecs:ModifyPrepayInstanceSpec")
        );
        assert_eq!(detail.no_permission_type.as_deref(), Some("ImplicitDeny"));
        assert_eq!(detail.auth_principal_type, None);
    }
    let long = "0123456789".repeat(500);
    let body = format!(r#"{{"Code":"Long","Message":"{long}"}}"#);
    let error = once(response(400, ID, body)).await.unwrap_err();
    assert_eq!(error.service().unwrap().message(), long);
    let error = once(response(400, ID, r#"{"Code":400,"Message":null}"#))
        .await
        .unwrap_err();
    assert_eq!(error.code().unwrap().as_str(), "400");
    assert_eq!(error.request_id(), Some("HEADER-ID"));
}

#[tokio::test]
async fn the_request_id_is_found_in_a_response_that_cannot_be_decoded() {
    for (status, body) in [
        (200, r#"{"RequestId":"R","OrderId":{}}"#),
        (500, r#"{"requestId":"R"}"#),
        (200, "<Error><RequestId>R</RequestId></Error>"),
    ] {
        let error = once(response(status, ID, body)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Decode(_)));
        assert_eq!(error.request_id(), Some("R"), "{body}");
    }
    for body in [
        r#"{"RequestId":"","OrderId":{}}"#,
        r#"{"RequestId":" ","Code":"C"}"#,
    ] {
        let error = once(response(400, ID, body)).await.unwrap_err();
        assert_eq!(error.request_id(), Some("HEADER-ID"), "{body}");
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Disks {
    total_count: u32,
    disks: Items,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Items {
    #[serde(default)]
    disk: Vec<Item>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    disk_id: String,
    portable: bool,
}

#[tokio::test]
async fn custom_types_are_deserialized_equally_from_json_and_xml() {
    let json =
        r#"{"RequestId":"R","TotalCount":1,"Disks":{"Disk":[{"DiskId":"d-1","Portable":true}]}}"#;
    let xml = "<DescribeDisksResponse><RequestId>R</RequestId><TotalCount>1</TotalCount><Disks><Disk>\
        <DiskId>d-1</DiskId><Portable>true</Portable></Disk></Disks></DescribeDisksResponse>";
    let server = Server::start([
        response(200, "", json),
        response(200, "", xml),
        response(200, "", xml),
    ])
    .await;
    let client = server.client();
    let typed = || RpcRequest::<Disks>::new("DescribeDisks").read_only();
    let from_json = client.call(typed(), CallOptions::default()).await.unwrap();
    let from_xml = client.call(typed(), CallOptions::default()).await.unwrap();
    assert_eq!(from_json, from_xml);
    let untyped = RpcRequest::<Value>::new("DescribeDisks").read_only();
    let value = client.call(untyped, CallOptions::default()).await.unwrap();
    assert_eq!(value["Disks"]["Disk"]["DiskId"], "d-1");
}

#[tokio::test]
async fn booleans_in_xml_are_read_in_any_case() {
    for (text, read) in [("TRUE", Ok(true)), ("False", Ok(false)), ("no", Err(()))] {
        let xml = format!(
            "<R><TotalCount>1</TotalCount><Disks><Disk><DiskId>d</DiskId><Portable> {text} </Portable></Disk></Disks></R>"
        );
        let server = Server::start([response(200, "", xml)]).await;
        let typed = RpcRequest::<Disks>::new("DescribeDisks").read_only();
        let once = CallOptions::default().with_retry(RetryConfig::disabled());
        let disks = server.client().call(typed, once).await;
        let portable = disks.map(|disks| disks.disks.disk[0].portable);
        let portable = portable.map_err(|error| {
            assert!(
                error.to_string().contains("expected true or false"),
                "{error}"
            );
        });
        assert_eq!(portable, read, "{text}");
    }
}

#[tokio::test]
async fn an_empty_element_is_an_empty_list() {
    for disks in ["<Disks/>", "<Disks> </Disks>", "<Disks><Disk/></Disks>"] {
        let xml = format!("<R><RequestId>R</RequestId><TotalCount>0</TotalCount>{disks}</R>");
        let server = Server::start([response(200, "", xml)]).await;
        let typed = RpcRequest::<Disks>::new("DescribeDisks").read_only();
        let read = server.client().call(typed, CallOptions::default()).await;
        assert_eq!(read.unwrap().disks.disk, [], "{disks}");
    }
}

#[tokio::test]
async fn a_secret_is_redacted_in_every_escaping_of_a_response() {
    let secret = "a'b\"c<d>e&f/g\\h";
    for written in [
        r#"a'b\"c<d>e&f\/g\\h"#,
        r"a&apos;b&quot;c&lt;d&gt;e&amp;f/g\\h",
        r"a&#39;b&#x22;c&#60;d&#X3e;e&#38;f&#x2F;g&#92;h",
        r"a\u0027b\u0022c\u003cd\u003Ee\u0026f\u002fg\u005Ch",
        "a%27b%22c%3Cd%3ee%26f%2Fg%5Ch",
        "a%2527b%2522c%253Cd%253ee%2526f%252Fg%255Ch",
        r"a&amp;apos;b&amp;quot;c&amp;lt;d&amp;gt;e&amp;amp;f/g\\h",
    ] {
        let body = format!(r#"{{"RequestId":"R","Code":"Echo","Message":"<{written}>"}}"#);
        let server = Server::start([response(400, "", body)]).await;
        let keys = Credentials::new("id", secret);
        let client = server.builder().credentials(keys).build().unwrap();
        let error = client.modify_prepay_instance_spec(request()).await;
        let error = error.unwrap_err().to_string();
        assert!(
            error.starts_with("Echo: <[redacted]>"),
            "{written}: {error}"
        );
    }
}

#[tokio::test]
async fn a_body_that_does_not_match_a_custom_type_names_the_position() {
    let server = Server::start([response(200, "", r#"{"TotalCount":"many","Disks":{}}"#)]).await;
    let request = RpcRequest::<Disks>::new("DescribeDisks");
    let error = server
        .client()
        .call(request, CallOptions::default())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("invalid type: string \"many\", expected u32"),
        "{error}"
    );
}
