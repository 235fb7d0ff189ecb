//! One HTTP/1.1 connection. It ends when it is dropped.

use std::error::Error;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;

use crate::sample::{ErrorClass, Failure};

/// An open connection, with no request under way.
#[derive(Debug)]
pub struct Connection {
    requests: SendRequest<Full<Bytes>>,
    carrier: JoinHandle<()>,
}

/// Why a request had no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The connection had ended before; nobody has seen the request.
    NotSent,
    /// It may have arrived.
    Broken(Failure),
}

impl Unanswered {
    pub(super) fn failure(self) -> Failure {
        match self {
            Unanswered::NotSent => Failure::new(ErrorClass::Protocol, "the connection ended as soon as it was made"),
            Unanswered::Broken(failure) => failure,
        }
    }
}

impl Connection {
    /// HTTP over an open stream.
    pub async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Connection, Failure> {
        let (requests, carried) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::new(ErrorClass::Protocol, first_cause(&error)))?;
        // What goes wrong on the connection is told to the request that is under way.
        let carrier = tokio::spawn(async move { drop(carried.await) });
        Ok(Connection { requests, carrier })
    }

    /// A connection that was kept, if the next request can be sent over it: not once the other side has closed it.
    pub(super) async fn still_ready(kept: Option<Connection>) -> Option<Connection> {
        let mut connection = kept?;
        connection.requests.ready().await.is_ok().then_some(connection)
    }

    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Unanswered> {
        self.requests.try_send_request(request).await.map_err(|mut error| match error.take_message() {
            Some(_) => Unanswered::NotSent,
            None => Unanswered::Broken(Failure::new(ErrorClass::Protocol, first_cause(error.error()))),
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

/// An error and what it came from, down to the first cause.
pub(super) fn first_cause(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
