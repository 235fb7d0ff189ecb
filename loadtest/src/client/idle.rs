//! Connections with no request under way, by where they lead.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::Uri;

use super::Connection;

/// Where a connection leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Whether it is made safe.
    pub secure: bool,
    /// The host, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Origin {
    /// Where a request to an address goes.
    pub fn of(target: &Uri) -> Origin {
        let secure = target.scheme_str() == Some("https");
        // An IPv6 address stands in brackets in an address, and without them everywhere else.
        let host = target.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        Origin { secure, host, port: target.port_u16().unwrap_or(if secure { 443 } else { 80 }) }
    }
}

/// Connections that are kept. A clone is the same ones.
#[derive(Clone, Debug, Default)]
pub struct Idle {
    connections: Arc<Mutex<HashMap<Origin, Vec<Connection>>>>,
}

impl Idle {
    /// The one that was used last.
    pub fn take(&self, origin: &Origin) -> Option<Connection> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).get_mut(origin).and_then(Vec::pop)
    }

    /// Keeps one for the next request.
    pub fn keep(&self, origin: Origin, kept: Connection) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).entry(origin).or_default().push(kept);
    }
}
