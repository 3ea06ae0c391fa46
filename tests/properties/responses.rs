//! Errors and foreign pages in place of a response: a table of spellings, in both formats.

use aliyun_ecs::{Error, ErrorCode, ErrorKind, Outcome, ResponseFormat, SignatureVersion};

use crate::support::{Memory, call};

/// The result of decoding a body with an operation.
fn read(operation: &str, status: u16, body: &[u8]) -> Result<String, Error> {
    let memory = Memory::default();
    memory.request_id("of-the-header");
    memory.response(status, body.to_vec());
    call(&memory.builder().build().unwrap(), operation)
}

/// Members of a response that name an error, in JSON and in XML, and its code, if any.
const ERRORS: &[(&str, &str, &str)] = &[
    // The service's own form, in other spellings of the names.
    (
        r#""Code":"InternalError""#,
        "<Code>InternalError</Code>",
        "InternalError",
    ),
    (
        r#""C\u006fde":"InternalError""#,
        "<Code>Internal&#69;rror</Code>",
        "InternalError",
    ),
    (
        r#""\u0043ODE":"InternalError""#,
        "<CODE><![CDATA[InternalError]]></CODE>",
        "InternalError",
    ),
    (
        r#""code":" InternalError\n""#,
        "<code>\n InternalError </code>",
        "InternalError",
    ),
    (
        r#""cOdE":"InternalError""#,
        "<x:cOdE xmlns:x='u'>InternalError</x:cOdE>",
        "InternalError",
    ),
    (
        r#""Code":"","Code":"InternalError""#,
        "<Code/><Code>InternalError</Code>",
        "InternalError",
    ),
    (
        r#""Code":null,"code":"InternalError""#,
        "<Code> </Code><code>InternalError</code>",
        "InternalError",
    ),
    (
        r#""Code":"200","Code":"InternalError""#,
        "<Code>200</Code><Code>InternalError</Code>",
        "InternalError",
    ),
    (r#""Code":500"#, "<Code>500</Code>", "500"),
    // A code that is not a string.
    (
        r#""Code":["InternalError"]"#,
        "<Code><Code>InternalError</Code></Code>",
        "InternalError",
    ),
    (
        r#""Code":{"Value":"InternalError"}"#,
        "<Code><Value>InternalError</Value></Code>",
        "InternalError",
    ),
    (
        r#""Code":{"Code":"InternalError"}"#,
        "<Code value='InternalError'/>",
        "InternalError",
    ),
    (
        r#""Code":[[["InternalError"]]]"#,
        "<Code><A><B>InternalError</B></A></Code>",
        "InternalError",
    ),
    // Other member names.
    (
        r#""ErrorCode":"InternalError""#,
        "<ErrorCode>InternalError</ErrorCode>",
        "InternalError",
    ),
    (
        r#""errorCode":"InternalError""#,
        "<errorCode>InternalError</errorCode>",
        "InternalError",
    ),
    (
        r#""error_code":"InternalError""#,
        "<error_code>InternalError</error_code>",
        "InternalError",
    ),
    (
        r#""err-code":"InternalError""#,
        "<err-code>InternalError</err-code>",
        "InternalError",
    ),
    (
        r#""errCode":50001,"errMsg":"no""#,
        "<errCode>50001</errCode><errMsg>no</errMsg>",
        "50001",
    ),
    (
        r#""Error":{"Code":"InternalError"}"#,
        "<Error><Code>InternalError</Code></Error>",
        "InternalError",
    ),
    (
        r#""error":{"code":"InternalError"}"#,
        "<error code='InternalError'/>",
        "InternalError",
    ),
    (
        r#""Errors":[{"Code":"InternalError"}]"#,
        "<Errors><Error><Code>InternalError</Code></Error></Errors>",
        "InternalError",
    ),
    (
        r#""Errors":{"Error":[{"Message":"m"},{"ErrorCode":"InternalError"}]}"#,
        "<Errors><Error><Message>m</Message></Error><Error><ErrorCode>InternalError</ErrorCode></Error></Errors>",
        "InternalError",
    ),
    (
        r#""ErrorInfo":{"Detail":{"Code":"InternalError"}}"#,
        "<ErrorInfo><Detail><Code>InternalError</Code></Detail></ErrorInfo>",
        "InternalError",
    ),
    (
        r#""Fault":{"faultcode":"InternalError"}"#,
        "<Fault><faultcode>InternalError</faultcode></Fault>",
        "InternalError",
    ),
    // Without a code.
    (r#""Error":"try again""#, "<Error>try again</Error>", ""),
    (r#""Error":true"#, "<Error>true</Error>", ""),
    (r#""error":{"type":"Sender"}"#, "<error type='Sender'/>", ""),
    (
        r#""Errors":["no stock"]"#,
        "<Errors><Error>no stock</Error></Errors>",
        "",
    ),
    (
        r#""ErrorMessage":"no stock""#,
        "<ErrorMessage>no stock</ErrorMessage>",
        "",
    ),
    (r#""Exception":"E""#, "<Exception>E</Exception>", ""),
    (
        r#""FailureReason":"E""#,
        "<FailureReason>E</FailureReason>",
        "",
    ),
    (r#""Success":false"#, "<Success>false</Success>", ""),
    (r#""success":"0""#, "<success>0</success>", ""),
    (
        r#""Errors":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":0}}}}}}}}}"#,
        "<Errors><a>1</a></Errors>",
        "",
    ),
];

/// Members that look like an error but mean success.
const BENIGN: &[(&str, &str)] = &[
    (r#""Code":"200""#, "<Code>200</Code>"),
    (r#""Code":200"#, "<Code> 200 </Code>"),
    (
        r#""code":"ok","message":"success""#,
        "<code>OK</code><message>Success</message>",
    ),
    (r#""Code":null"#, "<Code/>"),
    (r#""Code":"""#, "<Code></Code>"),
    (r#""Error":null"#, "<Error/>"),
    (r#""Error":{}"#, "<Error></Error>"),
    (r#""Errors":[]"#, "<Errors/>"),
    (r#""Errors":{"Error":[]}"#, "<Errors><Error/></Errors>"),
    (
        r#""ErrorCode":0,"ErrorMessage":"""#,
        "<ErrorCode>0</ErrorCode><ErrorMessage/>",
    ),
    (r#""Success":true"#, "<Success>true</Success>"),
    (
        r#""ErrorCount":3,"FailedCount":3"#,
        "<ErrorCount>3</ErrorCount><FailedCount>3</FailedCount>",
    ),
    (r#""New":{"Deep":[1]}"#, "<New><Deep>1</Deep></New>"),
];

/// Members at some depth that suggest that an order without an id has failed.
const DOUBTS: &[(&str, &str)] = &[
    (
        r#""Message":"The order failed""#,
        "<Message>The order failed</Message>",
    ),
    (
        r#""HostId":"ecs.aliyuncs.com""#,
        "<HostId>ecs.aliyuncs.com</HostId>",
    ),
    (
        r#""Recommend":"https://example.com""#,
        "<Recommend>https://example.com</Recommend>",
    ),
    (r#""Status":"Failed""#, "<Status>Failed</Status>"),
    (
        r#""Response":{"Error":{"Code":"X"}}"#,
        "<Response><Error><Code>X</Code></Error></Response>",
    ),
    (
        r#""Data":{"Success":false}"#,
        "<Data><Success>false</Success></Data>",
    ),
    (
        r#""A":[{"B":[{"ErrorCode":"X"}]}]"#,
        "<A><B><ErrorCode>X</ErrorCode></B></A>",
    ),
    (r#""Result":"error""#, "<Result>error</Result>"),
];

/// The members in a response of the order: with and without an id, before and after the rest.
fn responses(json: &str, xml: &str, order_id: bool) -> [String; 4] {
    let (id, xml_id) = match order_id {
        true => (r#","OrderId":"1""#, "<OrderId>1</OrderId>"),
        false => ("", ""),
    };
    [
        format!(r#"{{"RequestId":"R"{id},{json}}}"#),
        format!(r#"{{{json},"RequestId":"R"{id}}}"#),
        format!("<Response><RequestId>R</RequestId>{xml_id}{xml}</Response>"),
        format!("<Response>{xml}<RequestId>R</RequestId>{xml_id}</Response>"),
    ]
}

#[test]
fn a_200_that_names_an_error_in_any_spelling_is_an_error_of_unknown_outcome() {
    for (json, xml, code) in ERRORS {
        for order_id in [true, false] {
            for body in responses(json, xml, order_id) {
                for operation in [
                    "ModifyPrepayInstanceSpec",
                    "StartInstance",
                    "DescribeRegions",
                    "Any",
                    "AnyOfNoContent",
                ] {
                    let error = read(operation, 200, body.as_bytes())
                        .expect_err(&format!("{operation} accepted {body} as a success"));
                    assert_eq!(error.request_id(), Some("R"), "{body}: {error}");
                    let found = error.code().map_or("", ErrorCode::as_str);
                    assert_eq!(found, *code, "{operation} {body}: {error}");
                    if operation == "ModifyPrepayInstanceSpec" {
                        assert_eq!(error.outcome(), Outcome::Unknown, "{body}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn only_the_services_own_form_of_an_error_proves_that_no_order_was_placed() {
    let outcome = |status, body: &str| {
        let error = read("ModifyPrepayInstanceSpec", status, body.as_bytes()).unwrap_err();
        assert_eq!(
            error.code(),
            Some(&ErrorCode::OperationDeniedNoStock),
            "{body}"
        );
        error.outcome()
    };
    for status in [200, 400, 403] {
        for own in [
            r#"{"RequestId":"R","Code":"OperationDenied.NoStock","Message":"m"}"#,
            "<Error><RequestId>R</RequestId><Code>OperationDenied.NoStock</Code></Error>",
        ] {
            assert_eq!(outcome(status, own), Outcome::NotApplied, "{status} {own}");
        }
        for other in [
            r#"{"RequestId":"R","ErrorCode":"OperationDenied.NoStock","Message":"m"}"#,
            r#"{"RequestId":"R","Code":["OperationDenied.NoStock"]}"#,
            r#"{"RequestId":"R","OrderId":"1","Code":"OperationDenied.NoStock"}"#,
            "<Response><Errors><Error><Code>OperationDenied.NoStock</Code></Error></Errors></Response>",
        ] {
            assert_eq!(outcome(status, other), Outcome::Unknown, "{status} {other}");
        }
    }
}

#[test]
fn members_that_mean_success_have_no_effect() {
    for (json, xml) in BENIGN {
        for order_id in [true, false] {
            for body in responses(json, xml, order_id) {
                for operation in [
                    "ModifyPrepayInstanceSpec",
                    "StartInstance",
                    "DescribeRegions",
                    "AnyOfNoContent",
                ] {
                    let response = read(operation, 200, body.as_bytes());
                    assert!(response.is_ok(), "{operation} {body}: {response:?}");
                }
            }
        }
    }
}

#[test]
fn a_response_without_an_order_id_is_a_success_only_without_signs_of_an_error() {
    for (json, xml) in DOUBTS {
        for body in responses(json, xml, false) {
            for operation in ["ModifyPrepayInstanceSpec", "StopInstance"] {
                let error = read(operation, 200, body.as_bytes())
                    .expect_err(&format!("{operation} accepted {body} as a success"));
                assert_eq!(error.outcome(), Outcome::Unknown, "{body}: {error}");
            }
        }
        // With its id, the order exists, regardless of other members.
        for body in responses(json, xml, true) {
            let response = read("ModifyPrepayInstanceSpec", 200, body.as_bytes());
            assert!(response.is_ok(), "{body}: {response:?}");
        }
    }
}

#[test]
fn too_many_members_are_an_error() {
    let many = vec![r#"{"a":0}"#; 2_000].join(",");
    for body in [
        format!(r#"{{"RequestId":"R","Message":[{many}],"Code":"InternalError"}}"#),
        format!(
            "<R><RequestId>R</RequestId><Message>{}</Message><Code>InternalError</Code></R>",
            "<a>1</a>".repeat(2_000)
        ),
    ] {
        let error = read("ModifyPrepayInstanceSpec", 200, body.as_bytes()).unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    }
}

/// Pages of `tests/data/pages`, with their statuses.
macro_rules! pages {
    ($($status:literal $name:literal;)*) => {
        [$(($status, concat!(stringify!($status), ".", $name), include_bytes!(concat!("../data/pages/", $status, ".", $name, ".html")))),*]
    };
}

/// Pages of gateways, proxies, firewalls and captive portals.
const PAGES: &[(u16, &str, &[u8])] = &pages! {
    200 "aliyun-challenge"; 200 "f5"; 200 "portal-meta"; 200 "portal-script";
    400 "comments"; 403 "akamai"; 403 "apache"; 403 "cloudflare"; 403 "iis-bom"; 403 "utf16"; 403 "waf-gbk";
    405 "aliyun-waf"; 405 "tengine"; 500 "apache-xhtml"; 502 "nginx"; 503 "haproxy"; 503 "squid"; 511 "text-html";
};

#[test]
fn html_pages_are_recognized() {
    for &(status, name, page) in PAGES {
        for operation in [
            "ModifyPrepayInstanceSpec",
            "DescribeInstances",
            "AnyOfNoContent",
        ] {
            let memory = Memory::default();
            memory.response(status, page.to_vec());
            // Only this one begins with plain text.
            if name == "511.text-html" {
                memory.header("content-type", "text/html; charset=UTF-8");
            }
            let error = call(&memory.builder().build().unwrap(), operation).unwrap_err();
            let text = error.to_string();
            let expected =
                format!("failed to decode response: the body is an HTML page (HTTP {status})");
            assert!(text.starts_with(&expected), "{name}: {text}");
            assert!(matches!(error.kind(), ErrorKind::Decode(_)), "{name}");
            assert!(!text.contains(['\n', '\r']), "{name}: {text}");
        }
    }
}

#[test]
fn documents_that_are_not_html_are_not_reported_as_html() {
    for (body, problem) in [
        ("<svg><title>x</title>", "the body is an HTML page"),
        ("<svg><g>", "the body is not a response in XML"),
        (
            "<!DOCTYPE note SYSTEM 'note.dtd'><note/>",
            "the body is not a response in XML",
        ),
        ("<Header/><Body/>", "the body is not a response in XML"),
        ("no healthy upstream", "the body is neither JSON nor XML"),
        ("[1]", "the body is neither JSON nor XML"),
        (
            "<!-- only a comment -->",
            "the body is not a response in XML",
        ),
    ] {
        let error = read("DescribeRegions", 502, body.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(problem), "{body}: {error}");
    }
    let response =
        "<?xml version='1.0'?><!-- a --><HTMLResponse><RequestId>R</RequestId></HTMLResponse>";
    assert!(read("StartInstance", 200, response.as_bytes()).is_ok());
}

#[test]
fn compression_is_not_requested_and_compressed_responses_are_recognized() {
    for (version, format) in [
        (SignatureVersion::V1, ResponseFormat::Json),
        (SignatureVersion::V3, ResponseFormat::Xml),
    ] {
        let memory = Memory::default();
        memory.response(200, r#"{"RequestId":"R"}"#);
        let builder = memory
            .builder()
            .signature_version(version)
            .response_format(format);
        call(&builder.build().unwrap(), "StartInstance").unwrap();
        assert_eq!(memory.seen().headers()["accept-encoding"], "identity");
    }
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xabVJ-*\xca/R\xb2R\n\x02\x00";
    let brotli = b"\x0b\x08\x80{\"RequestId\"\x03";
    for (status, header, body, name) in [
        (200, Some("gzip"), &gzip[..], "gzip"),
        (200, None, gzip, "gzip"),
        (403, Some("br"), brotli, "br"),
        (400, None, b"\x28\xb5\x2f\xfd\x04", "zstd"),
        (200, Some("deflate"), b"\x78\x9c\xab", "deflate"),
    ] {
        let memory = Memory::default();
        if let Some(header) = header {
            memory.header("content-encoding", header);
        }
        memory.response(status, body.to_vec());
        let error = call(
            &memory.builder().build().unwrap(),
            "ModifyPrepayInstanceSpec",
        )
        .unwrap_err();
        let expected = format!("failed to decode response: the body is compressed ({name})");
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert!(matches!(error.kind(), ErrorKind::Decode(_)));
        if status == 200 {
            assert_eq!(error.outcome(), Outcome::Unknown);
        }
    }
    // A body that is not compressed is decoded, regardless of the header.
    let memory = Memory::default();
    memory.header("content-encoding", "gzip");
    memory.response(200, r#"{"RequestId":"R"}"#);
    call(&memory.builder().build().unwrap(), "StartInstance").unwrap();
}
