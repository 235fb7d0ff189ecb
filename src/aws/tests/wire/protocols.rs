//! Errors as the services write them, each in its own protocol, sorted the same.

use infra_aws::{Aws, Endpoints, Settings, Sorted};
use infra_engine::live::{Fault, FaultKind};

use crate::server::{Reply, Server, aws, json, xml};

/// What a fault says, all of it.
#[track_caller]
fn check(fault: &Fault, kind: FaultKind, code: Option<&str>, message: &str, request: Option<&str>) {
    let Fault { kind: got, operation: _, code: of, message: said, request: found, source } = fault;
    assert_eq!((*got, of.as_deref(), said.as_str(), found.as_deref()), (kind, code, message, request));
    assert!(source.is_some(), "the error itself is kept");
}

async fn answering(reply: Reply) -> (Server, Aws) {
    let server = Server::start([reply]).await;
    let aws = aws(&server.url).await;
    (server, aws)
}

#[tokio::test]
async fn ec2() {
    let error = |code: &str, message: &str| {
        let text = format!("<Code>{code}</Code><Message>{message}</Message>");
        format!("<Response><Errors><Error>{text}</Error></Errors><RequestID>req-xml</RequestID></Response>")
    };
    for (code, message, said, kind) in [
        (
            "InvalidVpcID.NotFound",
            "The vpc ID 'vpc-1' does not exist",
            "The vpc ID 'vpc-1' does not exist",
            FaultKind::Gone,
        ),
        ("DependencyViolation", "It has dependencies.", "It has dependencies.", FaultKind::Busy),
        (
            "AuthFailure",
            "AWS was not able to validate them",
            "AWS was not able to validate them",
            FaultKind::Credentials,
        ),
        (
            "UnauthorizedOperation",
            "You may not. Encoded authorization failure message: q83f",
            "You may not.",
            FaultKind::Denied,
        ),
        ("InvalidParameterValue", "No.", "No.", FaultKind::Refused),
    ] {
        let (_server, aws) = answering(xml(400, &error(code, message))).await;
        let fault = aws.ec2().delete_vpc().vpc_id("vpc-1").send().await.sorted("ec2:DeleteVpc").unwrap_err();
        check(&fault, kind, Some(code), said, Some("req-xml"));
    }
}

#[tokio::test]
async fn query() {
    let error = |code: &str| {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>Because.</Message></Error>");
        format!("<ErrorResponse>{error}<RequestId>req-xml</RequestId></ErrorResponse>")
    };
    for (status, code, kind) in [
        (409, "EntityAlreadyExists", FaultKind::Exists),
        (404, "NoSuchEntity", FaultKind::Gone),
        (409, "DeleteConflict", FaultKind::Busy),
        (400, "Throttling", FaultKind::Throttled),
        (403, "InvalidClientTokenId", FaultKind::Credentials),
        (403, "ExpiredToken", FaultKind::Credentials),
        (403, "SignatureDoesNotMatch", FaultKind::Credentials),
        (403, "AccessDenied", FaultKind::Denied),
        (500, "ServiceFailure", FaultKind::Lost),
    ] {
        let (_server, aws) = answering(xml(status, &error(code))).await;
        let fault = aws.iam().delete_role().role_name("a").send().await.sorted("iam:DeleteRole").unwrap_err();
        check(&fault, kind, Some(code), "Because.", Some("req-xml"));
    }
}

#[tokio::test]
async fn json_protocol() {
    for (code, kind) in [
        ("ClusterNotFoundException", FaultKind::Gone),
        ("ThrottlingException", FaultKind::Throttled),
        ("UpdateInProgressException", FaultKind::Busy),
        ("UnrecognizedClientException", FaultKind::Credentials),
        ("InvalidParameterException", FaultKind::Refused),
    ] {
        let (_server, aws) = answering(json(400, &format!(r#"{{"__type":"{code}","message":"Because."}}"#))).await;
        let fault = aws.ecs().delete_cluster().cluster("a").send().await.sorted("ecs:DeleteCluster").unwrap_err();
        check(&fault, kind, Some(code), "Because.", Some("req-json"));
    }
}

#[tokio::test]
async fn rest_xml() {
    let (_server, aws) = answering(xml(404, "<Error><Code>NoSuchBucket</Code><Message>Gone.</Message></Error>")).await;
    let fault = aws.s3().get_object().bucket("a").key("b").send().await.sorted("s3:GetObject").unwrap_err();
    check(&fault, FaultKind::Gone, Some("NoSuchBucket"), "Gone.", Some("req-xml"));
}

#[tokio::test]
async fn an_answer_without_a_body_is_sorted_by_its_status() {
    let (_server, aws) = answering(xml(403, "")).await;
    let fault = aws.s3().head_bucket().bucket("a").send().await.sorted("s3:HeadBucket").unwrap_err();
    check(&fault, FaultKind::Denied, None, "HTTP 403, without a word why", Some("req-xml"));
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_leaves_a_change_open() {
    let words = "the answer (HTTP 200) makes no sense: something else than AWS may have given it";
    let (_server, aws) = answering(xml(200, "<html>Welcome</html")).await;
    let fault = aws.ec2().create_vpc().send().await.sorted("ec2:CreateVpc").unwrap_err();
    check(&fault, FaultKind::Lost, None, words, Some("req-xml"));
    let fault = aws.ec2().describe_vpcs().send().await.sorted("ec2:DescribeVpcs").unwrap_err();
    check(&fault, FaultKind::Broken, None, words, Some("req-xml"));
    let (_server, aws) = answering(json(200, "{")).await;
    let fault = aws.ecs().delete_cluster().cluster("a").send().await.sorted("ecs:DeleteCluster").unwrap_err();
    check(&fault, FaultKind::Lost, None, words, Some("req-json"));
}

#[tokio::test]
async fn a_call_that_lacks_a_field_is_not_sent() {
    let (server, aws) = answering(xml(200, "")).await;
    let fault = aws.s3().get_object().bucket("a").send().await.sorted("s3:GetObject").unwrap_err();
    assert_eq!(fault.kind, FaultKind::Broken, "{fault}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_profile_that_is_not_there_gives_no_credentials_and_nothing_is_sent() {
    let server = Server::start([xml(200, "")]).await;
    let endpoints = Endpoints { file: Some(server.url.clone()), ..Endpoints::default() };
    let profile = Some("no-profile-has-this-name".to_owned());
    let aws = Aws::load(Settings { region: "eu-central-1".into(), profile, endpoints }).await.unwrap();
    let fault = aws.identity().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Credentials, "{fault}");
    assert!(server.requests().is_empty());
}
