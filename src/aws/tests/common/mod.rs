//! What the tests of kinds against the local cloud begin with: its clients, and a project that nobody else has.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use infra_aws::{Aws, Endpoints, Settings};
pub use infra_testkit::walk::Walk;

/// Clients of the local cloud.
pub async fn aws() -> Aws {
    let url = infra_local_cloud::endpoint().to_owned();
    let endpoints = Endpoints { file: Some(url), ..Endpoints::default() };
    Aws::load(Settings { region: "us-east-1".into(), profile: None, endpoints }).await.unwrap()
}

/// A project's name that no other run and no other test has. Natural names start with it.
pub fn project() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("walk-{:x}-{}", now.as_micros(), COUNT.fetch_add(1, Ordering::Relaxed))
}
