//! Sends one request and reads its answer to the end: HTTP/1.1, with TLS or without, over connections that are kept.
//!
//! It connects by itself rather than through a pooling client, because each step is another class of error. It follows
//! no redirect. It asks again only when a kept connection had ended before the request was given to it.

mod connection;
mod idle;
mod trust;

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::HeaderMap;
use hyper::body::Bytes;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub use self::connection::Connection;
pub use self::idle::{Idle, Origin};
pub use self::trust::NoTrust;

use crate::sample::{ErrorClass, Failure};
use crate::test::{LoadTest, Reads, Request};

/// An answer's body that is looked at may be this long; what is longer is an error.
const LONGEST_READ: u64 = 16 << 20;

/// What is needed to send requests.
pub struct Client {
    connector: Option<TlsConnector>,
    timeout: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Client").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// What one request came to.
#[derive(Debug, Default)]
pub struct Answer {
    /// Its status, if there was one.
    pub status: Option<u16>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, if it was to be looked at.
    pub body: Vec<u8>,
    /// Bytes of its body.
    pub received: u64,
    /// Why it is not whole, if it is not.
    pub failure: Option<Failure>,
}

impl Client {
    /// A client that trusts whom this machine trusts.
    pub fn new(test: &LoadTest) -> Result<Client, NoTrust> {
        Client::for_any(test.secure, test.timeout)
    }

    /// A client that trusts certificates of these authorities alone.
    pub fn trusting(test: &LoadTest, roots: RootCertStore) -> Result<Client, NoTrust> {
        Ok(Client { connector: Some(trust::connector(roots)?), timeout: test.timeout })
    }

    /// A client that trusts whom this machine trusts, if it asks over TLS at all.
    pub fn for_any(secure: bool, timeout: Duration) -> Result<Client, NoTrust> {
        let connector = if secure { Some(trust::connector(trust::of_this_machine()?)?) } else { None };
        Ok(Client { connector, timeout })
    }

    /// Sends a request: over a kept connection if one still stands, else over a new one, which is kept if it can be.
    pub async fn send(&self, idle: &Idle, request: &Request) -> Answer {
        let mut answer = Answer::default();
        answer.failure = match tokio::time::timeout(self.timeout, self.exchange(idle, request, &mut answer)).await {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some(failure),
            Err(_) => {
                let why = format!("no whole answer within {} s", self.timeout.as_secs_f64());
                Some(Failure::new(ErrorClass::Timeout, why))
            }
        };
        if answer.failure.is_some() {
            answer.status = None;
        }
        answer
    }

    /// The kept connection is taken first and given back last: whatever ends this early, also ends the connection.
    async fn exchange(&self, idle: &Idle, request: &Request, answer: &mut Answer) -> Result<(), Failure> {
        let origin = Origin::of(&request.target);
        let mut connection = match Connection::still_ready(idle.take(&origin)).await {
            Some(connection) => connection,
            None => self.connect(&origin).await?,
        };
        let sent = written(request)?;
        let response = match connection.send(sent.clone()).await {
            Ok(response) => response,
            Err(connection::Unanswered::NotSent) => {
                connection = self.connect(&origin).await?;
                connection.send(sent).await.map_err(connection::Unanswered::failure)?
            }
            Err(unanswered) => return Err(unanswered.failure()),
        };
        let (head, mut body) = response.into_parts();
        answer.status = Some(head.status.as_u16());
        answer.headers = head.headers;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Failure::new(ErrorClass::Body, connection::first_cause(&error)))?;
            let Some(data) = frame.data_ref() else { continue };
            answer.received += data.len() as u64;
            if request.reads == Reads::Body {
                if answer.received > LONGEST_READ {
                    let why = format!("the body is longer than the {LONGEST_READ} bytes that can be looked at");
                    return Err(Failure::new(ErrorClass::Body, why));
                }
                answer.body.extend_from_slice(data);
            }
        }
        idle.keep(origin, connection);
        Ok(())
    }

    async fn connect(&self, Origin { secure, host, port }: &Origin) -> Result<Connection, Failure> {
        let stream = TcpStream::connect((host.as_str(), *port)).await;
        let stream = stream.map_err(|error| Failure::new(ErrorClass::Connect, error))?;
        // A request is written at once; waiting to fill a packet would be measured as the server's time.
        stream.set_nodelay(true).map_err(|error| Failure::new(ErrorClass::Connect, error))?;
        if !secure {
            return Connection::over(stream).await;
        }
        let failure = |why: &dyn std::fmt::Display| Failure::new(ErrorClass::Tls, why);
        let connector = self.connector.as_ref().ok_or_else(|| failure(&"the test begins without any https address"))?;
        let name = ServerName::try_from(host.clone());
        let name = name.map_err(|_| failure(&format!("no certificate can be for the host `{host}`")))?;
        Connection::over(connector.connect(name, stream).await.map_err(|error| failure(&error))?).await
    }
}

/// A request as it is given to a connection: its address is a path there.
fn written(request: &Request) -> Result<hyper::Request<Full<Bytes>>, Failure> {
    let Request { target, method, headers, body, reads: _ } = request;
    let path = target.path_and_query().map_or("/", |path| path.as_str());
    let mut written = hyper::Request::new(Full::new(body.clone()));
    *written.method_mut() = method.clone();
    *written.uri_mut() = path.parse().map_err(|error| Failure::new(ErrorClass::Request, error))?;
    *written.headers_mut() = headers.clone();
    Ok(written)
}
