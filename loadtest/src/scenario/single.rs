//! The simplest scenario: one request, the same each time.

use std::sync::Arc;

use super::{Going, Scenario, User};
use crate::test::Request;

/// One request, the same each time.
#[derive(Clone, Debug)]
pub struct Single {
    name: Arc<str>,
    request: Request,
}

impl Single {
    /// A scenario of one step with this name.
    pub fn new(name: &str, request: Request) -> Single {
        Single { name: name.into(), request }
    }
}

impl Scenario for Single {
    fn name(&self) -> &str {
        &self.name
    }

    fn go<'u>(&'u self, user: &'u mut User) -> Going<'u> {
        Box::pin(async move { user.ask(Arc::clone(&self.name), self.request.clone()).await.map(drop) })
    }
}
