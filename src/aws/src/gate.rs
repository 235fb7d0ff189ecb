//! The way out to the network: how many calls are under way at once, and what happens while nothing answers.
//!
//! Where nothing could be sent, nothing was done: such a call may be tried again, whatever it is. The gate does so for
//! a while if the host has answered before (a short outage in the middle of an apply), and not at all if it has not
//! (a wrong endpoint, no network). A call that changes something has leave to be sent asked for at each try: whoever has
//! waited here may have lost the lock meanwhile.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use infra_engine::live::FIRST_PAUSE;
use tokio::sync::Semaphore;

use crate::fault::causes;
use crate::guard::Guard;
use crate::proxy;
use crate::rates::Rates;

/// How many calls to one service are under way at once, the pages of readings included.
const AT_ONCE: usize = 16;

/// How long a host that has answered before may be silent.
const OUTAGE: Duration = Duration::from_secs(20);

/// How long a pause is at most, within an outage.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The connections of all services, and which hosts have answered.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    client: SharedHttpClient,
    answered: Arc<Mutex<HashSet<String>>>,
}

/// The way to one service.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    network: Network,
    places: Arc<Semaphore>,
    rates: Arc<Rates>,
}

#[derive(Debug)]
struct Passage {
    gate: Gate,
    connector: SharedHttpConnector,
}

/// No connection: whatever was to be sent was not.
#[derive(Debug, thiserror::Error)]
#[error("nothing answers at {host}")]
pub(crate) struct NothingSent {
    host: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Network {
    pub(crate) fn new() -> Network {
        Network { client: proxy::client(), answered: Arc::default() }
    }

    /// Without a gate: for those who fetch credentials.
    pub(crate) fn client(&self) -> SharedHttpClient {
        self.client.clone()
    }

    pub(crate) fn gate(&self, rates: Rates) -> Gate {
        Gate { network: self.clone(), places: Arc::new(Semaphore::new(AT_ONCE)), rates: Arc::new(rates) }
    }

    fn has_answered(&self, host: &str) -> bool {
        self.answered.lock().expect("nothing panics while it holds the hosts").contains(host)
    }

    fn remember(&self, host: String) {
        self.answered.lock().expect("nothing panics while it holds the hosts").insert(host);
    }
}

impl HttpClient for Gate {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.network.client.http_connector(settings, components);
        SharedHttpConnector::new(Passage { gate: self.clone(), connector })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.network.client.connector_metadata()
    }
}

impl HttpConnector for Passage {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Passage { gate, connector } = self;
        let (gate, connector) = (gate.clone(), connector.clone());
        // Only calls that change something bring it along.
        let guard = request.extension::<Guard>().cloned().unwrap_or_default();
        HttpConnectorFuture::new(async move {
            gate.rates.turn(&request).await;
            let _place = gate.places.acquire().await.expect("the gate is never closed");
            pass(&gate.network, &guard, &connector, request).await
        })
    }
}

async fn pass(
    network: &Network,
    guard: &Guard,
    connector: &SharedHttpConnector,
    mut request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let host = origin(request.uri());
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        guard.may_change().map_err(|fault| ConnectorError::other(Box::new(fault), None))?;
        let again = request.try_clone();
        let error = match connector.call(request).await {
            Ok(response) => {
                network.remember(host);
                return Ok(response);
            }
            Err(error) if is_connecting(&error) => error,
            Err(error) => return Err(error),
        };
        let patient = network.has_answered(&host) && begun.elapsed() < OUTAGE;
        request = match again.filter(|_| patient) {
            Some(again) => again,
            // Of no kind that the SDK repeats: the patience is all used up here.
            None => {
                return Err(ConnectorError::other(Box::new(NothingSent { host, source: error.into_source() }), None));
            }
        };
        tracing::debug!(%host, "nothing answers; trying again");
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// True when the failure came before a connection was there.
fn is_connecting(error: &ConnectorError) -> bool {
    causes(error).any(|cause| {
        cause
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    })
}

/// `http://localhost:4566` of an address.
fn origin(uri: &str) -> String {
    let start = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[start..].find(['/', '?']).map_or(uri.len(), |at| start + at);
    uri[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_an_address_is_all_before_its_path() {
        assert_eq!(origin("http://localhost:4566/bucket?list"), "http://localhost:4566");
        assert_eq!(origin("https://ec2.eu-west-1.amazonaws.com?x=/"), "https://ec2.eu-west-1.amazonaws.com");
        assert_eq!(origin("http://host"), "http://host");
    }
}
