//! Answers about records that no bucket of ours would give: looking at them ends.

use std::sync::Arc;
use std::time::Duration;

use infra_aws::store::Bucket;
use infra_engine::live::FaultKind;
use infra_engine::record::Store;

use crate::server::{Reply, Server, aws, xml};

#[tokio::test]
async fn a_list_of_records_that_never_ends_is_a_fault() {
    let page = "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker>\
                <NextVersionIdMarker>1</NextVersionIdMarker></ListVersionsResult>";
    let server = Server::answering([("versions", xml(200, page))]).await;
    let bucket = Bucket::new(Arc::new(aws(&server.url).await), "1");
    let swept = tokio::time::timeout(Duration::from_secs(20), bucket.sweep("shop/")).await;
    let fault = swept.expect("it ends").unwrap_err();
    assert_eq!(fault.kind, FaultKind::Broken, "{fault}");
    assert!(server.requests().len() < 4, "{} requests", server.requests().len());
}

#[tokio::test]
async fn a_record_larger_than_any_is_not_read_to_its_end() {
    let body = |bytes: usize| Reply::Answer(200, &[("etag", "\"1\"")], " ".repeat(bytes));
    let read = async |bytes: usize| {
        let server = Server::start([body(bytes)]).await;
        Bucket::new(Arc::new(aws(&server.url).await), "1").get("shop/test/ledger.json").await
    };
    assert_eq!(read(1 << 20).await.unwrap().unwrap().bytes.len(), 1 << 20);
    let fault = read((64 << 20) + 1).await.unwrap_err();
    assert!(fault.kind == FaultKind::Refused && fault.message.contains("larger than any record"), "{fault}");
}
