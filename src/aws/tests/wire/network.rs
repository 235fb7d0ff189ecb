//! What is repeated and what never is, seen from the other end of the connection.

use std::time::{Duration, Instant};

use infra_aws::Sorted;
use infra_engine::live::FaultKind;
use tokio::net::TcpListener;

use crate::server::{Reply, Server, answer, aws, xml};

const NO_VPCS: &str = "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>";

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_sent_once() {
    let server = Server::start([Reply::HangUp]).await;
    let aws = aws(&server.url).await;
    let fault = aws.ec2().create_vpc().cidr_block("10.0.0.0/16").send().await.sorted("ec2:CreateVpc").unwrap_err();
    assert_eq!(fault.kind, FaultKind::Lost, "{fault}");
    assert!(fault.message.ends_with("it may have been done, or not"), "{fault}");
    assert_eq!(server.requests().len(), 1);
    assert!(server.requests()[0].contains("Action=CreateVpc"));
}

#[tokio::test]
async fn a_change_that_is_throttled_or_broken_is_sent_once() {
    let throttled = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message>\
                     </Error></Errors><RequestID>req-1</RequestID></Response>";
    for (status, body, kind) in [(503, throttled, FaultKind::Throttled), (500, "", FaultKind::Lost)] {
        let server = Server::start([xml(status, body)]).await;
        let aws = aws(&server.url).await;
        let fault = aws.ec2().create_vpc().send().await.sorted("ec2:CreateVpc").unwrap_err();
        assert_eq!((fault.kind, server.requests().len()), (kind, 1), "{fault}");
    }
}

#[tokio::test]
async fn a_reading_call_is_repeated_until_it_is_answered() {
    let server = Server::start([Reply::HangUp, Reply::HangUp, xml(503, ""), xml(200, NO_VPCS)]).await;
    let aws = aws(&server.url).await;
    aws.ec2().describe_vpcs().send().await.sorted("ec2:DescribeVpcs").unwrap();
    assert_eq!(server.requests().len(), 4);
    assert_eq!(aws.calls().reads, [("ec2:DescribeVpcs".to_owned(), 4)].into());
    assert!(aws.calls().changes.is_empty());
}

#[tokio::test]
async fn an_endpoint_that_never_answered_fails_at_once() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let aws = aws(&format!("http://{closed}")).await;
    let begun = Instant::now();
    for fault in [
        aws.ec2().describe_vpcs().send().await.sorted("ec2:DescribeVpcs").unwrap_err(),
        aws.ec2().create_vpc().send().await.sorted("ec2:CreateVpc").unwrap_err(),
    ] {
        assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
        assert!(fault.message.starts_with(&format!("nothing answers at http://{closed} (")), "{fault}");
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_outage_between_two_calls_is_survived_and_nothing_is_sent_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // One answer, then the listener is dropped and the port closed.
    let first = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        drop(listener);
        answer(stream, &xml(200, NO_VPCS)).await;
    });
    let aws = aws(&format!("http://{address}")).await;
    aws.ec2().describe_vpcs().send().await.sorted("ec2:DescribeVpcs").unwrap();
    first.await.unwrap();
    let back = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let made = "<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>";
        Server::on(TcpListener::bind(address).await.unwrap(), Duration::ZERO, vec![xml(200, made)])
    });
    let made = aws.ec2().create_vpc().send().await.sorted("ec2:CreateVpc").unwrap();
    assert_eq!(made.vpc().and_then(|vpc| vpc.vpc_id()), Some("vpc-1"));
    assert_eq!(back.await.unwrap().requests().len(), 1);
}

#[tokio::test]
async fn the_calls_to_a_service_are_bounded() {
    let server = Server::slow(Duration::from_millis(1000), xml(200, NO_VPCS)).await;
    let aws = aws(&server.url).await;
    let calls = (0..40).map(|_| aws.ec2().describe_vpcs().send());
    futures::future::try_join_all(calls).await.sorted("ec2:DescribeVpcs").unwrap();
    assert_eq!((server.most_at_once(), aws.calls().total()), (16, 40));
}

#[tokio::test]
async fn every_call_says_that_it_comes_from_here() {
    let server = Server::start([xml(200, NO_VPCS)]).await;
    aws(&server.url).await.ec2().describe_vpcs().send().await.sorted("ec2:DescribeVpcs").unwrap();
    let request = &server.requests()[0];
    assert!(request.contains(concat!("app/infra-", env!("CARGO_PKG_VERSION"))), "{request}");
}
