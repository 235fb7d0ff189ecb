//! Whose certificates are believed.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// Why nothing can be asked over TLS.
#[derive(Debug, thiserror::Error)]
pub enum NoTrust {
    /// This machine has no list of authorities.
    #[error("this machine trusts no certificate authority{found}; install ca-certificates, or set SSL_CERT_FILE")]
    NoAuthority {
        /// What was wrong with the lists that there are.
        found: String,
    },
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// The authorities that this machine trusts.
pub(super) fn of_this_machine() -> Result<RootCertStore, NoTrust> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Lists of authorities hold some that are malformed; the others are as good without them.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let found = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(NoTrust::NoAuthority { found });
    }
    Ok(roots)
}

/// Makes connections safe that are about to speak HTTP/1.1.
pub(super) fn connector(roots: RootCertStore) -> Result<TlsConnector, NoTrust> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
