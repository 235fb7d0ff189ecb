//! Sends one request and reads its answer to the end: HTTP/1.1, with TLS or without, over connections that are kept.
//!
//! It connects by itself rather than through a pooling client, because each step is another class of error. It follows
//! no redirect. It asks again only when a kept connection had ended before the request was given to it.

mod connection;
mod trust;

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub use self::connection::Connection;
pub use self::trust::NoTrust;

use crate::sample::{ErrorClass, Failure, Outcome};
use crate::test::{LoadTest, Request};

/// What is needed to send the request of a test.
#[derive(Debug)]
pub struct Client {
    request: hyper::Request<Full<Bytes>>,
    host: String,
    port: u16,
    secure: Option<Secure>,
    timeout: Duration,
}

struct Secure {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Secure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Secure").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What one request came to.
#[derive(Debug)]
pub struct Answer {
    /// Bytes of the answer's body.
    pub received: u64,
    /// How it ended.
    pub outcome: Outcome,
}

impl Client {
    /// A client that trusts whom this machine trusts.
    pub fn new(test: &LoadTest) -> Result<Client, NoTrust> {
        match test.request.target.scheme_str() {
            Some("https") => Client::trusting(test, trust::of_this_machine()?),
            _ => Client::trusting(test, RootCertStore::empty()),
        }
    }

    /// A client that trusts certificates of these authorities alone.
    pub fn trusting(test: &LoadTest, roots: RootCertStore) -> Result<Client, NoTrust> {
        let LoadTest { request: Request { target, method, headers, body }, load: _, phases: _, timeout } = test;
        let https = target.scheme_str() == Some("https");
        // An IPv6 address stands in brackets in an address, and without them everywhere else.
        let host = target.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let secure = if https {
            let name = ServerName::try_from(host.clone()).map_err(|_| NoTrust::Name { host: host.clone() })?;
            Some(Secure { connector: trust::connector(roots)?, name })
        } else {
            None
        };
        let path = target.path_and_query().map_or("/", |path| path.as_str());
        let mut request = hyper::Request::new(Full::new(body.clone()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = path.parse().expect("an address that was read has a path and query that can be read");
        *request.headers_mut() = headers.clone();
        let port = target.port_u16().unwrap_or(if https { 443 } else { 80 });
        Ok(Client { request, host, port, secure, timeout: *timeout })
    }

    /// Sends the request: over the kept connection if it still stands, else over a new one, which is kept if it can be.
    pub async fn send(&self, kept: &mut Option<Connection>) -> Answer {
        let mut received = 0;
        let outcome = match tokio::time::timeout(self.timeout, self.exchange(kept, &mut received)).await {
            Ok(Ok(status)) => Outcome::Answered { status },
            Ok(Err(failure)) => Outcome::Failed(failure),
            Err(_) => {
                let why = format!("no whole answer within {} s", self.timeout.as_secs_f64());
                Outcome::Failed(Failure::new(ErrorClass::Timeout, why))
            }
        };
        Answer { received, outcome }
    }

    /// The kept connection is taken first and given back last: whatever ends this early, also ends the connection.
    async fn exchange(&self, kept: &mut Option<Connection>, received: &mut u64) -> Result<u16, Failure> {
        let mut connection = match Connection::still_ready(kept.take()).await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let answer = match connection.send(self.request.clone()).await {
            Ok(answer) => answer,
            Err(connection::Unanswered::NotSent) => {
                connection = self.connect().await?;
                connection.send(self.request.clone()).await.map_err(connection::Unanswered::failure)?
            }
            Err(unanswered) => return Err(unanswered.failure()),
        };
        let status = answer.status().as_u16();
        let mut body = answer.into_body();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Failure::new(ErrorClass::Body, connection::first_cause(&error)))?;
            *received += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        *kept = Some(connection);
        Ok(status)
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.map_err(|error| Failure::new(ErrorClass::Connect, error))?;
        // A request is written at once; waiting to fill a packet would be measured as the server's time.
        stream.set_nodelay(true).map_err(|error| Failure::new(ErrorClass::Connect, error))?;
        match &self.secure {
            None => Connection::over(stream).await,
            Some(Secure { connector, name }) => {
                let stream = connector.connect(name.clone(), stream).await;
                Connection::over(stream.map_err(|error| Failure::new(ErrorClass::Tls, error))?).await
            }
        }
    }
}
