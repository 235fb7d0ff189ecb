//! The Lambda runtime API, over plain HTTP on the function's own machine.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>, as of January 2026.

use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

const VERSION: &str = "2018-06-01";
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// Where invocations come from.
#[derive(Clone, Debug)]
pub struct RuntimeApi {
    /// Host and port, as in `AWS_LAMBDA_RUNTIME_API`.
    authority: String,
}

/// One call of the function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Names it to the API.
    pub id: String,
    /// When Lambda ends the function.
    pub deadline: SystemTime,
    /// What it was called with.
    pub event: Bytes,
}

/// Why an invocation has no result, for who called it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A word for programs.
    pub kind: &'static str,
    /// For people.
    pub message: String,
}

impl Fault {
    /// A fault and what it was.
    pub fn new(kind: &'static str, message: String) -> Fault {
        Fault { kind, message }
    }

    /// In the form that Lambda knows.
    pub fn to_json(&self) -> Value {
        let Fault { kind, message } = self;
        json!({ "errorType": kind, "errorMessage": message, "stackTrace": [] })
    }
}

/// Why the API cannot be spoken with. The function ends then, and Lambda starts it anew.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No connection.
    #[error("the runtime API at {authority} does not answer")]
    Connect {
        /// Where it should be.
        authority: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The connection broke.
    #[error("the runtime API broke off")]
    Http(#[from] hyper::Error),
    /// A request that cannot be.
    #[error("the runtime API's address or an invocation's name cannot stand in a request")]
    Request(#[from] hyper::http::Error),
    /// Anything but success.
    #[error("the runtime API answered {status} to {path}: {body}")]
    Refused {
        /// What was asked.
        path: String,
        /// The answer's status.
        status: StatusCode,
        /// What it said.
        body: String,
    },
    /// An invocation without what it must have.
    #[error("an invocation came without a good `{0}` header")]
    Header(&'static str),
}

impl RuntimeApi {
    /// The API at a host and port.
    pub fn at(authority: impl Into<String>) -> RuntimeApi {
        RuntimeApi { authority: authority.into() }
    }

    /// Waits for the next invocation. There is no limit: Lambda freezes the process meanwhile, for hours.
    pub async fn next(&self) -> Result<Invocation, ApiError> {
        let (headers, event) = self.call(Method::GET, "invocation/next", HeaderMap::new(), Bytes::new()).await?;
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(ApiError::Header(name));
        let milliseconds = text(DEADLINE)?.parse().map_err(|_| ApiError::Header(DEADLINE))?;
        let deadline = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds));
        let deadline = deadline.ok_or(ApiError::Header(DEADLINE))?;
        Ok(Invocation { id: text(REQUEST_ID)?.to_owned(), deadline, event })
    }

    /// Gives the result of an invocation.
    pub async fn respond(&self, invocation: &Invocation, result: &Value) -> Result<(), ApiError> {
        let path = format!("invocation/{}/response", invocation.id);
        self.call(Method::POST, &path, HeaderMap::new(), result.to_string().into()).await.map(drop)
    }

    /// Says that an invocation failed.
    pub async fn fail(&self, invocation: &Invocation, fault: &Fault) -> Result<(), ApiError> {
        self.tell(&format!("invocation/{}/error", invocation.id), fault).await
    }

    /// Says that the function cannot start.
    pub async fn fail_start(&self, fault: &Fault) -> Result<(), ApiError> {
        self.tell("init/error", fault).await
    }

    async fn tell(&self, path: &str, fault: &Fault) -> Result<(), ApiError> {
        let kind = format!("LoadTest.{}", fault.kind).parse().map_err(hyper::http::Error::from)?;
        let headers = HeaderMap::from_iter([(hyper::header::HeaderName::from_static(ERROR_TYPE), kind)]);
        self.call(Method::POST, path, headers, fault.to_json().to_string().into()).await.map(drop)
    }

    /// One call over a connection of its own: one that was kept would not outlive the freezing between invocations.
    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<(HeaderMap, Bytes), ApiError> {
        let stream = TcpStream::connect(&self.authority)
            .await
            .map_err(|source| ApiError::Connect { authority: self.authority.clone(), source })?;
        let (mut requests, carried) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let carrier = tokio::spawn(async move { drop(carried.await) });
        let mut request = Request::builder().method(method).uri(format!("/{VERSION}/runtime/{path}"));
        if let Some(given) = request.headers_mut() {
            given.extend(headers);
        }
        let request = request.header(HOST, &self.authority).body(Full::new(body))?;
        let (answer, body) = requests.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        carrier.abort();
        if !answer.status.is_success() {
            let body = String::from_utf8_lossy(&body).into_owned();
            return Err(ApiError::Refused { path: path.to_owned(), status: answer.status, body });
        }
        Ok((answer.headers, body))
    }
}
