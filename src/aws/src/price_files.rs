//! AWS's price files: public, large, and read as they come. No credentials, no SDK: two or three plain requests.

use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::HOST;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {why}")]
pub struct Unfetched {
    /// The address.
    pub url: String,
    /// Why.
    pub why: String,
    /// True when nobody was reached at all.
    pub unreachable: bool,
}

/// A file that is being read.
pub struct PriceFile {
    url: String,
    body: Incoming,
}

impl PriceFile {
    /// Asks for the file at an address.
    pub async fn open(url: &str) -> Result<PriceFile, Unfetched> {
        let failed = |why: String, unreachable| Unfetched { url: url.to_owned(), why, unreachable };
        let target: Uri = url.parse().map_err(|error| failed(format!("this is no address: {error}"), false))?;
        let host = target.host().ok_or_else(|| failed("this address has no host".to_owned(), false))?;
        let secure = target.scheme_str() == Some("https");
        let port = target.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let stream = TcpStream::connect((host, port)).await.map_err(|error| failed(error.to_string(), true))?;
        let path = target.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path).header(HOST, target.authority().map_or(host, |authority| authority.as_str()));
        let request = request.body(Empty::new()).map_err(|error| failed(error.to_string(), false))?;
        let answer = match secure {
            false => ask(stream, request).await,
            true => {
                let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(error.to_string(), false))?;
                let connector = connector().map_err(|why| failed(why, false))?;
                let stream = connector.connect(name, stream).await.map_err(|error| failed(error.to_string(), true))?;
                ask(stream, request).await
            }
        };
        let answer = answer.map_err(|error| failed(error.to_string(), true))?;
        match answer.status().as_u16() {
            200 => Ok(PriceFile { url: url.to_owned(), body: answer.into_body() }),
            status => Err(failed(format!("the answer is {status}"), false)),
        }
    }

    /// The next piece of the file; `None` at its end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Unfetched> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| Unfetched {
                url: self.url.clone(),
                why: format!("it breaks off: {error}"),
                unreachable: false,
            })?;
            if let Ok(piece) = frame.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

async fn ask<S>(stream: S, request: Request<Empty<Bytes>>) -> Result<Response<Incoming>, hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with its connection; what fails there fails in the answer too.
    tokio::spawn(connection);
    sender.send_request(request).await
}

/// Trusts whom this machine trusts.
fn connector() -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this machine trusts no authority: it has no certificates".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
